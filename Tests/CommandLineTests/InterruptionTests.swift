import Foundation
import Testing

/// A build that is stopped leaves nothing behind, and the next one goes on.
@Suite(.serialized, .trimsStore) struct `A build that is interrupted` {
    /// Where in a build the signal comes: a text that the plain display prints when that step starts.
    private static let moments = ["install the base system …", "configure the appliance …", "assemble the disk …"]

    @Test(arguments: [(SIGINT, moments[0]), (SIGTERM, moments[2])])
    func `by a signal ends by it and leaves no process, mount or half-written file`(
        number: Int32, moment: String
    ) async throws {
        let fixture = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let store = moment == Self.moments[0] ? try fixture.storeWithDownloadsOnly(in: folder) : fixture.store
        let spec = try fixture.changedCopy(in: folder)
        let images = folder.url.appendingPathComponent("Images")
        let build = try start(spec, images, store, until: moment)
        kill(build.process.processIdentifier, number)
        let run = try build.wait()
        #expect(run.signal == number)
        #expect(run.error.contains("stopping: removing what is half done"))
        let left = Leftovers(store: store)
        #expect(left.processesGone(within: 5), "\(left.processes)")
        #expect(left.mounts.isEmpty)
        #expect(left.runs.isEmpty)
        #expect(try files(in: images).isEmpty)

        let again = try StonebakeProcess.run(
            "build", spec.path, "--output", images.path, environment: ["STONEBAKE_CACHE": store.path])
        #expect(again.status == 0, "\(again.error)")
    }

    @Test(arguments: moments.dropFirst())
    func `by SIGKILL leaves no process or mount, and the next one sweeps and goes on`(moment: String) async throws {
        let fixture = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let spec = try fixture.changedCopy(in: folder)
        let images = folder.url.appendingPathComponent("Images")
        let build = try start(spec, images, fixture.store, until: moment)
        kill(build.process.processIdentifier, SIGKILL)
        _ = try build.wait()
        let left = Leftovers(store: fixture.store)
        #expect(left.processesGone(within: 10), "\(left.processes)")
        #expect(left.mounts.isEmpty)
        // A copy may lie aside, where nobody takes it for an image.
        #expect(try files(in: images).allSatisfy { $0.hasPrefix("wsgi-1.0.0/.wsgi-1.0.0.") })

        let again = try StonebakeProcess.run(
            "build", spec.path, "--output", images.path, environment: ["STONEBAKE_CACHE": fixture.store.path])
        #expect(again.status == 0, "\(again.error)")
        #expect(left.runs.isEmpty)
        #expect(try !files(in: images).contains { $0.contains("/.") })
    }

    private func start(_ spec: URL, _ images: URL, _ store: URL, until moment: String) throws -> StonebakeProcess {
        let build = try StonebakeProcess(
            ["build", spec.path, "--output", images.path], environment: ["STONEBAKE_CACHE": store.path])
        try build.process.run()
        let end = Date(timeIntervalSinceNow: 300)
        while !build.errorSoFar.contains(moment), build.process.isRunning, Date() < end {
            Thread.sleep(forTimeInterval: 0.05)
        }
        try #require(build.process.isRunning, "the build ended before '\(moment)': \(build.errorSoFar)")
        // Into the step, not at its first instruction, and well before its end: a changed file's disk takes a second.
        Thread.sleep(forTimeInterval: moment == Self.moments[0] ? 1.5 : 0.2)
        return build
    }

    private func files(in folder: URL) throws -> [String] {
        guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
        return try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { name in
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(
                atPath: folder.appendingPathComponent(name).path, isDirectory: &isFolder)
            return !isFolder.boolValue
        }
    }
}
