package import ContentDigest

/// `appliance.lock`: everything that an image is made from, exactly. It names archives, never hosts.
package struct Lockfile: Codable, Sendable, Equatable {
    package static let currentFormat = 1

    package var format: Int = Lockfile.currentFormat
    /// What the lock was made for; `inputs` tells which part of a spec has moved since.
    package var spec: LockedSpec
    /// Seconds since 1970: the newest Release date; all times in the image are clamped to it.
    package var timestamp: Int64
    /// `20261120T060000Z`: at which date the distribution's snapshot archive is asked for what its mirror no longer has.
    /// The spec's, when the lock was made; a build goes by the spec. No image depends on it.
    package var snapshot: String?
    package var repositories: [LockedRepository]
    /// What goes into the image, sorted by name and architecture.
    package var packages: [LockedPackage]
    /// What builds it: the tools layer, sorted likewise.
    package var tools: [LockedPackage]
    package var wheels: [LockedWheel]

    package init(
        spec: LockedSpec, timestamp: Int64, repositories: [LockedRepository], packages: [LockedPackage],
        tools: [LockedPackage], wheels: [LockedWheel]
    ) {
        self.spec = spec
        self.timestamp = timestamp
        self.repositories = repositories
        self.packages = packages
        self.tools = tools
        self.wheels = wheels
    }
}

package struct LockedSpec: Codable, Sendable, Equatable {
    package var name: String
    package var version: String
    /// The digest of `inputs`.
    package var digest: Digest
    /// What resolution depends on, by name: `packages.install`, `repositories`, `requirements.txt`, …
    package var inputs: StepInputs

    package init(name: String, version: String, inputs: StepInputs) {
        self.name = name
        self.version = version
        self.digest = inputs.digest
        self.inputs = inputs
    }
}

package struct LockedRepository: Codable, Sendable, Equatable {
    /// `debian/trixie-updates`.
    package var id: String
    /// The archive's name; nil when the spec gives a `uri`.
    package var archive: String?
    package var uri: String?
    package var suite: String
    package var components: [String]
    /// SHA-256 of the verified InRelease.
    package var release: Digest
    /// Release's Date, in seconds since 1970.
    package var date: Int64

    package init(
        id: String, archive: String?, uri: String?, suite: String, components: [String], release: Digest, date: Int64
    ) {
        self.id = id
        self.archive = archive
        self.uri = uri
        self.suite = suite
        self.components = components
        self.release = release
        self.date = date
    }
}

package struct LockedPackage: Codable, Sendable, Equatable {
    /// Which layer it is installed in.
    package enum Layer: String, Codable, Sendable { case base, appliance }

    package var name: String
    package var version: String
    package var architecture: String
    /// The `id` of its repository.
    package var repository: String
    /// Relative to its archive: `pool/main/n/nginx/nginx-light_1.26.3-3_all.deb`.
    package var path: String
    /// Bytes of the .deb.
    package var size: Int64
    package var sha256: Digest
    /// Bytes, from Installed-Size.
    package var installedSize: Int64
    package var layer: Layer

    package init(
        name: String, version: String, architecture: String, repository: String, path: String, size: Int64,
        sha256: Digest, installedSize: Int64, layer: Layer
    ) {
        self.name = name
        self.version = version
        self.architecture = architecture
        self.repository = repository
        self.path = path
        self.size = size
        self.sha256 = sha256
        self.installedSize = installedSize
        self.layer = layer
    }
}

package struct LockedWheel: Codable, Sendable, Equatable {
    /// Normalised (PEP 503): `typing-extensions`.
    package var name: String
    package var version: String
    /// `typing_extensions-4.15.0-py3-none-any.whl`.
    package var file: String
    package var sha256: Digest
    /// Asked for by the requirements themselves, not by another wheel.
    package var isRequested: Bool

    package init(name: String, version: String, file: String, sha256: Digest, isRequested: Bool) {
        self.name = name
        self.version = version
        self.file = file
        self.sha256 = sha256
        self.isRequested = isRequested
    }
}
