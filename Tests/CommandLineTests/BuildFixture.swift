import Foundation
import Testing

/// The repository's WSGI appliance, copied to a folder of its own with a lock, and a content store in which it has been
/// built once. Made once for all tests that build: a cold build takes a minute, the archive's packages another.
actor BuildFixture {
    static let shared = BuildFixture()

    struct Ready: Sendable {
        /// The folder with `appliance.yaml`, `appliance.lock`, `hello/`.
        let spec: URL
        let store: URL
        /// What the first build printed.
        let output: String
        /// `Images/wsgi-1.0.0` of that build.
        let images: URL
    }

    private var building: Task<Ready, any Error>?

    func ready() async throws -> Ready {
        if let building { return try await building.value }
        let task = Task.detached { try Self.build() }
        building = task
        return try await task.value
    }

    /// Below `.build`, so that a second `swift test` finds the packages again; the lock is always made anew, because the
    /// archive may have moved on.
    static let folder = StonebakeProcess.repository.appendingPathComponent(".build/stonebake-tests")

    private static func build() throws -> Ready {
        let manager = FileManager.default
        let appliances = folder.appendingPathComponent("Appliances")
        let spec = appliances.appendingPathComponent("wsgi")
        let images = folder.appendingPathComponent("Images")
        let bases = folder.appendingPathComponent("Kickstarts")
        for old in [appliances, bases, images] where manager.fileExists(atPath: old.path) {
            try manager.removeItem(at: old)
        }
        try manager.createDirectory(at: folder, withIntermediateDirectories: true)
        // With the base that it extends.
        try manager.copyItem(at: StonebakeProcess.repository.appendingPathComponent("Appliances"), to: appliances)
        try manager.copyItem(at: StonebakeProcess.repository.appendingPathComponent("Kickstarts"), to: bases)
        // The committed locks are of one day, and the archive moves on.
        for name in try manager.contentsOfDirectory(atPath: appliances.path) {
            try? manager.removeItem(at: appliances.appendingPathComponent("\(name)/appliance.lock"))
        }
        let store = folder.appendingPathComponent("store")
        let run = try StonebakeProcess.run(
            "build", spec.path, "--output", images.path, environment: ["STONEBAKE_CACHE": store.path])
        guard run.status == 0 else { throw BuildFailed(output: run.output + run.error) }
        let name = try manager.contentsOfDirectory(atPath: images.path).first ?? ""
        return Ready(
            spec: spec, store: store, output: run.output, images: images.appendingPathComponent(name))
    }

    struct BuildFailed: Error, CustomStringConvertible {
        let output: String
        var description: String { "the appliance does not build:\n\(output)" }
    }
}

extension BuildFixture.Ready {
    /// The base that the catalogue's appliances extend; absolute.
    var base: String { BuildFixture.folder.appendingPathComponent("Kickstarts/debian-13.ks").path }

    /// The specs to that folder, and the bases that they extend beside it.
    func copySpecs(to folder: URL) throws {
        let manager = FileManager.default
        try manager.copyItem(at: spec.deletingLastPathComponent(), to: folder)
        try copyBases(beside: folder)
    }

    func copyBases(beside folder: URL) throws {
        let bases = folder.deletingLastPathComponent().appendingPathComponent("Kickstarts")
        guard !FileManager.default.fileExists(atPath: bases.path) else { return }
        try FileManager.default.copyItem(at: BuildFixture.folder.appendingPathComponent("Kickstarts"), to: bases)
    }

    /// A copy of the spec with one more line in its application, so that configuration and disk have to be made again.
    func changedCopy(in folder: TemporaryFolder) throws -> URL {
        let appliances = folder.url.appendingPathComponent("Appliances")
        try copySpecs(to: appliances)
        let copy = appliances.appendingPathComponent("wsgi")
        let file = copy.appendingPathComponent("hello/hello.py")
        let text = try String(contentsOf: file, encoding: .utf8)
        try Data((text + "\n# \(UUID().uuidString)\n").utf8).write(to: file)
        return copy
    }

    /// Builds with this store.
    func build(_ spec: URL, into images: URL, _ more: String...) throws -> StonebakeProcess.Outcome {
        let process = try StonebakeProcess(
            ["build", spec.path, "--output", images.path] + more, environment: ["STONEBAKE_CACHE": store.path])
        try process.process.run()
        return try process.wait()
    }

    /// Builds into a tmpfs with that mount option, in a mount namespace of its own. Standard output is what files lie
    /// there afterwards.
    func buildOnMount(_ option: String, in folder: TemporaryFolder, namespace: [String]) throws -> Tool.Outcome {
        let output = folder.url.appendingPathComponent("mount")
        try FileManager.default.createDirectory(at: output, withIntermediateDirectories: true)
        let script = """
            mount -t tmpfs -o "$1" none "$2" || exit 99
            "$3" build "$4" --locked --output "$2" >"$5"; status=$?
            find "$2" -type f
            exit $status
            """
        return try Tool.run(
            ["STONEBAKE_CACHE=\(store.path)", "unshare"] + namespace + [
                "sh", "-c", script, "sh", option, output.path, StonebakeProcess.executable.path, spec.path,
                folder.url.appendingPathComponent("output").path,
            ], in: folder.url)
    }

    /// Boots an image and runs these checks (YAML list items, indented by two) instead of the spec's own.
    func test(
        _ image: URL, checks: String, firmware: String, in folder: TemporaryFolder
    ) throws -> StonebakeProcess.Outcome {
        let text = "stonebake: 1\nextends: \(spec.path)/appliance.yaml\nchecks: !replace\n\(checks)\n"
        let file = try folder.write(text, to: "checks.yaml")
        // The results come beside the image: a link keeps those of parallel boots apart.
        let link = folder.url.appendingPathComponent("boot-\(firmware)\(image.pathExtension)")
        try FileManager.default.createSymbolicLink(at: link, withDestinationURL: image)
        return try StonebakeProcess.run(
            "test", link.path, "--checks", file.path, "--firmware", firmware,
            environment: ["STONEBAKE_CACHE": store.path])
    }

    /// The file in a store that holds a locked package.
    func blob(of package: String, in store: URL) throws -> URL {
        let lock = try String(contentsOf: spec.appendingPathComponent("appliance.lock"), encoding: .utf8)
        let data = try JSONSerialization.jsonObject(with: Data(lock.utf8)) as? [String: Any]
        let packages = data?["packages"] as? [[String: Any]] ?? []
        guard let digest = packages.first(where: { $0["name"] as? String == package })?["sha256"] as? String else {
            throw BuildFixture.BuildFailed(output: "the lock has no package '\(package)'")
        }
        return store.appendingPathComponent("blobs/sha256/\(digest.prefix(2))/\(digest)")
    }

    func removeBlob(of package: String, in store: URL) throws {
        try FileManager.default.removeItem(at: blob(of: package, in: store))
    }

    /// A store with all that this one has, by hard links; what is added to it leaves this one alone.
    func storeCopy(in folder: TemporaryFolder) throws -> URL {
        let copy = folder.url.appendingPathComponent("store")
        let run = try Tool.run("cp", "-al", store.path, copy.path)
        try #require(run.status == 0, "\(run.error)")
        return copy
    }

    /// A store with this one's downloads and none of its results: everything is to be done but downloading.
    func storeWithDownloadsOnly(in folder: TemporaryFolder) throws -> URL {
        let copy = folder.url.appendingPathComponent("store")
        try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/cp")
        // Hard links: the blobs are immutable.
        process.arguments = ["-al", store.appendingPathComponent("blobs").path, copy.path]
        try process.run()
        process.waitUntilExit()
        return copy
    }
}
