package import ApplianceSpec
package import ContentDigest
import Diagnostics
import FoundationEssentials
package import TreeMeasures

/// `report.json`: what a build made, from what, and how long it took. `docs/report.schema.json` describes it.
package struct BuildReport: Codable, Sendable, Equatable {
    package static let currentFormat = 1

    package struct Step: Codable, Sendable, Equatable {
        /// `configuration`, `disk`, `export`, …
        package var id: String
        package var title: String
        package var seconds: Double
        /// Whether its result was in the content store, so that it did not run.
        package var isCached: Bool

        package init(id: String, title: String, seconds: Double, isCached: Bool) {
            self.id = id
            self.title = title
            self.seconds = seconds
            self.isCached = isCached
        }
    }

    package struct Distribution: Codable, Sendable, Equatable {
        package var name: String
        package var release: String
    }

    package struct Root: Codable, Sendable, Equatable {
        /// Bytes in files, and entries in the tree.
        package var contentSize: Int64
        package var entries: Int
        package var kernel: String
        /// The ten packages that take the most space, largest first.
        package var largestPackages: [PackageSize]
    }

    package struct Disk: Codable, Sendable, Equatable {
        /// Bytes.
        package var size: Int64
        package var diskGUID: String
        package var partitions: [DiskLayout.Partition]
        package var inspection: DiskImage.Inspection
    }

    package struct Package: Codable, Sendable, Equatable {
        package var name: String
        package var version: String
        package var architecture: String
        package var repository: String
        /// Bytes of the .deb, and bytes that it says it takes when installed.
        package var size: Int64
        package var installedSize: Int64
        package var sha256: Digest
    }

    package struct Wheel: Codable, Sendable, Equatable {
        package var name: String
        package var version: String
        package var sha256: Digest
    }

    package var format = BuildReport.currentFormat
    package var name: String
    package var version: String
    package var architecture: Architecture
    package var distribution: Distribution
    /// Seconds since 1970: when the build ended.
    package var builtAt: Int64
    /// Seconds since 1970: the lock's time, to which all times in the image are clamped.
    package var timestamp: Int64
    /// The whole build, in seconds.
    package var seconds: Double
    package var root: Root
    package var disk: Disk
    package var artifacts: [ImageArtifact]
    package var packages: [Package]
    package var wheels: [Wheel]
    package var steps: [Step]

    /// - Parameters:
    ///   - builtAt: seconds since 1970
    ///   - seconds: the whole build's duration
    package init(
        plan: BuildPlan, image: DiskImage, artifacts: [ImageArtifact], steps: [Step],
        builtAt: Int64, seconds: Double
    ) {
        let appliance = plan.appliance
        name = appliance.name.value
        version = appliance.version.value
        architecture = appliance.architecture
        distribution = Distribution(name: appliance.distribution.name, release: appliance.distribution.release.value)
        self.builtAt = builtAt
        timestamp = plan.lock.timestamp
        self.seconds = Self.rounded(seconds)
        self.root = Root(
            contentSize: image.tree.contentSize, entries: image.tree.entryCount, kernel: image.tree.kernel,
            largestPackages: image.tree.largestPackages)
        disk = Disk(
            size: image.layout.size, diskGUID: image.layout.diskGUID, partitions: image.layout.partitions,
            inspection: image.inspection)
        self.artifacts = artifacts
        packages = plan.lock.packages.map {
            Package(
                name: $0.name, version: $0.version, architecture: $0.architecture, repository: $0.repository,
                size: $0.size, installedSize: $0.installedSize, sha256: $0.sha256)
        }
        wheels = plan.lock.wheels.map { Wheel(name: $0.name, version: $0.version, sha256: $0.sha256) }
        self.steps = steps.map {
            Step(id: $0.id, title: $0.title, seconds: Self.rounded($0.seconds), isCached: $0.isCached)
        }
    }

    /// Milliseconds are as exact as it gets.
    private static func rounded(_ seconds: Double) -> Double { (seconds * 1000).rounded() / 1000 }

    /// JSON with sorted keys and a line end, the same text for the same value.
    package func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }

    /// - Throws: `DecodingError` when the text is no report of this format.
    package init(json text: String) throws {
        self = try JSONDecoder().decode(BuildReport.self, from: Data(text.utf8))
    }
}
