import ApplianceSpec
import BootCheck
import Diagnostics
import FileTrees
import Foundation

/// One appliance of a catalogue: its spec, and what the last build and the last test left in the output folder.
struct CatalogueEntry {
    /// What became of it the last time.
    enum Result: Equatable {
        case passed(checks: Int)
        case failed(checks: Int, of: Int, why: String)
        /// It is built, and nobody has booted it since.
        case notTested
        case notBuilt
        case notCompiling

        var isProven: Bool { if case .passed = self { true } else { false } }
    }

    /// The build's report, as far as a catalogue needs it (docs/report.schema.json).
    struct Build: Decodable {
        struct Artifact: Decodable {
            var target: String
            var file: String
            var size: Int64
        }

        var seconds: Double
        var builtAt: Int64
        var artifacts: [Artifact]
    }

    /// The folder of the spec, as it was found: `Appliances/wsgi`.
    let folder: String
    /// The folder's name where the spec does not compile.
    let name: String
    let version: String?
    let summary: String
    /// `Images/wsgi-1.0.0`; nil where the spec does not compile.
    let output: String?
    let build: Build?
    /// One for each firmware.
    let boots: [BootReport]
    let result: Result
    /// What the catalogue's last test found of this version, where nothing is built here.
    var recorded: CatalogueRecord.Entry?

    /// - Parameters:
    ///   - folder: holds an `appliance.yaml`
    ///   - images: where builds put their folders
    init(folder: String, images: String, reading: ReadingOptions) {
        self.folder = folder
        let (appliance, report) = reading.compiler.compile("\(folder)/appliance.yaml")
        guard let appliance, !report.hasErrors else {
            name = Files.name(of: folder)
            (version, summary, output, build, boots) = (nil, report.sorted.first?.message ?? "", nil, nil, [])
            result = .notCompiling
            return
        }
        name = appliance.name.value
        version = appliance.version.value
        summary = appliance.summary
        let output = OutputFolder(root: images, appliance: appliance).path
        self.output = output
        build = Self.read(Build.self, "\(output)/report.json")
        // A test that was made before the last build tells nothing of it.
        let isCurrent = Self.time("\(output)/test/report.json") >= Self.time("\(output)/report.json")
        boots = isCurrent ? Self.read([BootReport].self, "\(output)/test/report.json") ?? [] : []
        result = Self.result(build, boots)
    }

    private static func result(_ build: Build?, _ boots: [BootReport]) -> Result {
        guard build != nil else { return .notBuilt }
        guard !boots.isEmpty else { return .notTested }
        let checks = boots.flatMap(\.checks)
        guard let failed = boots.first(where: { !$0.passed }) else { return .passed(checks: checks.count) }
        let first = failed.checks.first { $0.state == .failed }
        return .failed(
            checks: checks.count { $0.state != .passed }, of: checks.count,
            why: failed.trouble?.kind.sentence ?? first.map { "\($0.name): \($0.detail)" } ?? "")
    }

    private static func read<Value: Decodable>(_ type: Value.Type, _ path: String) -> Value? {
        (try? Data(contentsOf: URL(filePath: path))).flatMap { try? JSONDecoder().decode(type, from: $0) }
    }

    /// When a file was written, in seconds since 1970; 0 where it is not there.
    private static func time(_ path: String) -> Double {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
    }

    /// The image that a deployer downloads: the qcow2 where there is one.
    var image: Build.Artifact? { build?.artifacts.first { $0.target == "qcow2" } ?? build?.artifacts.first }

    /// Kernel, initramfs and services of the first boot, in seconds.
    var bootSeconds: Double? { boots.compactMap(\.bootTime?.inGuest).first }
}

extension CatalogueEntry.Result {
    /// For tables: `passed, 12 checks`.
    var text: String {
        switch self {
        case .passed(let checks): "passed, \(checks) check\(checks == 1 ? "" : "s")"
        case .failed(let checks, let all, _):
            all == 0 ? "failed" : "failed, \(checks) of \(all)"
        case .notTested: "not tested"
        case .notBuilt: "not built"
        case .notCompiling: "does not compile"
        }
    }

    /// For JSON.
    var word: String {
        switch self {
        case .passed: "passed"
        case .failed: "failed"
        case .notTested: "not-tested"
        case .notBuilt: "not-built"
        case .notCompiling: "not-compiling"
        }
    }
}
