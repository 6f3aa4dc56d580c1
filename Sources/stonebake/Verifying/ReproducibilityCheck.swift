import ApplianceSpec
import BuildPlanning
import ContentDigest
import Diagnostics
import FileTrees
import Foundation
import HostSystem
import ImageInspection
import RootfsAssembly

/// `build --verify-reproducible`: the build that has just been made against a second one.
struct ReproducibilityCheck: Sendable {
    let host: Host
    let plan: BuildPlan
    /// Absolute paths.
    let spec: String
    let lock: String
    /// The output folder of the first build.
    let folder: String
    /// How the spec is read, for the second build's call.
    let reading: [String]

    /// Builds a second time and compares.
    ///
    /// - Returns: what a person reads when both are the same.
    /// - Throws: `NotReproducible` naming the first difference; both results are then kept.
    func run(_ first: Pipeline.Result) async throws -> String {
        // What an earlier verification found does not stay beside images that it is not about.
        if Files.exists(Self.kept(folder)) { try removeTree(Self.kept(folder)) }
        try await fetchMissing()
        let second = try SecondBuild(host: host)
        defer { discardTree(second.folder) }
        try await host.progress.step("second-build", "build once more, from the downloads, with everything varied") {
            try await second.run(spec: spec, lock: lock, reading: reading)
        }
        let stem = BuildPlan.outputName(plan.appliance)
        let images = "\(second.images)/\(stem)"
        return try await host.progress.step("verify", "compare the two builds") {
            let digests = try Self.digests(in: images)
            let different = first.artifacts.filter { digests[$0.file] != $0.sha256.hex }
            let disk = try plan[.disk].flatMap { try second.result(of: $0, file: "disk.raw") }
            guard let disk else {
                throw NotReproducible(
                    "the two builds had other plans: a step's inputs depend on where, when or by whom it is built",
                    notes: second.variations.varied, hint: "compare `stonebake plan` in both places")
            }
            guard !different.isEmpty else { return summary(first, second.variations) }
            let kept = try keep(images, disk: disk)
            let found = try await difference(first, kept: kept, different: different)
            let places = ["the first build: \(folder)", "the second build: \(kept.folder)"]
            let disks = [first.image.path, kept.disk].map(Command.quoted).joined(separator: " ")
            throw NotReproducible(
                found.message, notes: found.notes + places + second.variations.notes,
                hint: "all of it: stonebake diff \(disks)")
        }
    }

    /// The second build has no network, and all layers of the first may have come from the store without their downloads.
    private func fetchMissing() async throws {
        let packages = try (plan.lock.packages + plan.lock.tools).filter {
            try host.store.blob($0.sha256, verify: false) == nil
        }
        let wheels = try plan.lock.wheels.filter { try host.store.blob($0.sha256, verify: false) == nil }
        guard !packages.isEmpty || !wheels.isEmpty else { return }
        let lock = plan.lock
        try await host.progress.step("download", "download \(packages.count + wheels.count) files") {
            try await RootfsAssembler(host: host).fetch(packages, from: lock, step: "download")
            let files = wheels.map { WheelFetcher.Wheel(project: $0.name, file: $0.file, sha256: $0.sha256) }
            _ = try await WheelFetcher(host: host).fetch(files, step: "download")
        }
    }

    private func summary(_ first: Pipeline.Result, _ variations: Variations) -> String {
        var lines = ["", "Built twice, and the same bytes came out:"]
        lines += first.artifacts.map { "  \($0.sha256)  \($0.file)" }
        lines += ["", "Other than in the first build:"] + variations.varied.map { "  \($0)" }
        if !variations.notVaried.isEmpty {
            lines += ["", "Not varied on this machine:"] + variations.notVaried.map { "  \($0)" }
        }
        return lines.joined(separator: "\n")
    }

    /// What SHA256SUMS says, by file.
    private static func digests(in folder: String) throws -> [String: String] {
        let lines = try Files.readText("\(folder)/SHA256SUMS").split(separator: "\n")
        let pairs = lines.compactMap { line -> (String, String)? in
            guard let space = line.firstIndex(of: " ") else { return nil }
            return (String(line[space...].drop { " *".contains($0) }), String(line[..<space]))
        }
        return Dictionary(pairs, uniquingKeysWith: { $1 })
    }

    private static func kept(_ folder: String) -> String { "\(folder)/second-build" }

    private struct Kept {
        var folder: String
        var disk: String
    }

    /// Moves the second build's images, and its raw disk, beside the first one's: the rest of it goes with the run.
    private func keep(_ images: String, disk: String) throws -> Kept {
        let target = Self.kept(folder)
        try Files.makeFolder(target)
        for name in try Files.names(in: images) where !name.hasPrefix(".") {
            try Files.moveAnywhere("\(images)/\(name)", to: "\(target)/\(name)")
        }
        // The same disk, unless the raw one is among the images anyway.
        if let raw = try Files.names(in: target).first(where: { $0.hasSuffix(".raw") }) {
            return Kept(folder: target, disk: "\(target)/\(raw)")
        }
        try Files.moveAnywhere(disk, to: "\(target)/disk.raw")
        return Kept(folder: target, disk: "\(target)/disk.raw")
    }

    /// The first file that differs; else the structure of the disk; else, with the same disk, that of the format.
    private func difference(
        _ first: Pipeline.Result, kept: Kept, different: [ImageArtifact]
    ) async throws -> (message: String, notes: [String]) {
        let path = first.image.path
        let comparison = try await blocking(named: "compare") { cancelled -> (ImageDifference, [String]) in
            let one = try DiskContents(name: path, format: "raw", raw: path)
            let other = try DiskContents(name: kept.disk, format: "raw", raw: kept.disk)
            let found = try ImageComparison(one, other, cancelled: cancelled).run()
            let excerpts = try found.firstFile.map { file in
                try [("first", one), ("second", other)].compactMap { name, disk in
                    try disk.excerpt(of: file).map { "in the \(name) build: \($0)" }
                }
            }
            return (found, excerpts ?? [])
        }
        let (found, excerpts) = comparison
        if found.sameBytes { return try formatDifference(different, kept: kept) }
        let text = DiffText(all: false)
        var notes: [String] = []
        if let byte = found.firstByte, let structure = found.firstStructure {
            notes.append("the first byte of the disk that differs: \(byte), in \(structure)")
        }
        guard let file = found.firstFile else {
            return ("the two builds differ in \(found.firstStructure ?? "the disk")", notes)
        }
        let others = found.files.count - 1
        if others > 0 { notes.append("and \(others) more \(others == 1 ? "file" : "files")") }
        return ("the two builds differ: \(text.sentence(file))", excerpts + notes)
    }

    private func formatDifference(
        _ different: [ImageArtifact], kept: Kept
    ) throws -> (message: String, notes: [String]) {
        guard let artifact = different.first else { return ("the two builds differ", []) }
        guard Files.exists("\(kept.folder)/\(artifact.file)") else {
            return ("the second build did not make '\(artifact.file)'", [])
        }
        let place = try FormatStructure.firstDifference(
            "\(folder)/\(artifact.file)", "\(kept.folder)/\(artifact.file)")
        return (
            "the disks of the two builds are the same, but '\(artifact.file)' differs in \(place)",
            ["\(different.count) of the image files differ: \(different.map(\.file).joined(separator: ", "))"]
        )
    }
}

/// The two builds of one lock are not the same; of several locks, where several were built.
struct NotReproducible: Failure {
    let diagnostics: [Diagnostic]
    /// What the machine lacked for a second build is not a difference, and is told apart.
    var exitCode: Diagnostics.ExitCode = .inputWrong

    init(_ message: String, notes: [String], hint: String? = nil) {
        diagnostics = [Diagnostic(code: "not-reproducible", message, hint: hint, notes: notes.map { .init($0) })]
    }

    init(_ failures: [NotReproducible]) {
        diagnostics = failures.flatMap(\.diagnostics)
        if let code = failures.map(\.exitCode).first(where: { $0 == .inputWrong }) ?? failures.first?.exitCode {
            exitCode = code
        }
    }
}
