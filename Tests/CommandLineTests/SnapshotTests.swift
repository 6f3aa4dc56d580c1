import Foundation
import Testing

/// `snapshot:`, with a server that plays the mirror and the snapshot archive with real packages.
@Suite(.serialized, .trimsStore) struct `A locked version that the mirror has dropped` {
    private static let dropped = "nginx-light_"
    private static let changed = "libtinfo6_"
    private static let date = "20251101T000000Z"

    /// A mirror of the lock from which one package is gone and in which another has changed; both lie in the snapshot
    /// archive as they were: one at the spec's date, the other at the date of the lock.
    private func archives(
        _ ready: BuildFixture.Ready, in folder: TemporaryFolder, changes: Bool = true
    ) throws -> ArchiveServer {
        let root = folder.url.appendingPathComponent("www")
        let run = try StonebakeProcess.run(
            "mirror", ready.spec.path, root.path, "--locked", environment: ["STONEBAKE_CACHE": ready.store.path])
        try #require(run.status == 0, "\(run.error)")
        for (name, date) in [(Self.dropped, Self.date), (Self.changed, try ready.lockDate(of: Self.changed))] {
            guard changes || name == Self.dropped else { continue }
            let path = try #require(try ready.lockedFiles().keys.first { $0.contains("/\(name)") })
            let steps = path.split(separator: "/", maxSplits: 1)
            let old = root.appendingPathComponent("old/archive/\(steps[0])/\(date)/\(steps[1])")
            try FileManager.default.createDirectory(
                at: old.deletingLastPathComponent(), withIntermediateDirectories: true)
            try FileManager.default.moveItem(at: root.appendingPathComponent(path), to: old)
            guard name == Self.changed else { continue }
            var content = try Data(contentsOf: old)
            content[content.count / 2] ^= 1
            try content.write(to: root.appendingPathComponent(path))
        }
        return try ArchiveServer(root)
    }

    private func spec(_ ready: BuildFixture.Ready, snapshot: String?, in folder: TemporaryFolder) throws -> URL {
        let copy = folder.url.appendingPathComponent("specs-\(snapshot ?? "none")")
        try ready.copySpecs(to: copy)
        let spec = copy.appendingPathComponent("wsgi")
        let file = spec.appendingPathComponent("appliance.yaml")
        let line = snapshot.map { "snapshot: \($0)\n" } ?? ""
        try Data((String(contentsOf: file, encoding: .utf8) + line).utf8).write(to: file)
        return spec
    }

    @Test func `comes from the snapshot archive, as it was`() async throws {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let server = try archives(ready, in: folder)
        let spec = try spec(ready, snapshot: "2025-11-01", in: folder)
        let mirror = folder.url.appendingPathComponent("mirror")
        func fill(_ more: [String]) throws -> StonebakeProcess.Outcome {
            let arguments = ["mirror", spec.path, mirror.path, "--locked"] + server.options + more
            let process = try StonebakeProcess(
                arguments, environment: ["STONEBAKE_CACHE": folder.url.appendingPathComponent("store").path])
            try process.process.run()
            return try process.wait()
        }
        let unknown = try fill(["--mirror", "debian-snapshot=\(server.address)/nowhere"])
        #expect(unknown.status == 69)
        #expect(unknown.error.contains("\(server.address)/nowhere/archive/debian"), "\(unknown.error)")
        let run = try fill(["--mirror", "debian-snapshot=\(server.address)/old"])
        #expect(run.status == 0, "\(run.error)")
        #expect(run.error.contains("2 packages came from the snapshot archive"), "\(run.error)")
        for (path, digest) in try ready.lockedFiles() {
            #expect(try Tool.run("sha256sum", path, in: mirror).output.hasPrefix(digest))
        }
        // And the lock is as current as it was before the spec had a date.
        let plan = try StonebakeProcess.run("plan", spec.path, environment: ["STONEBAKE_CACHE": ready.store.path])
        #expect(plan.status == 0)
        #expect(!plan.output.contains("stale"), "\(plan.output)")
    }

    @Test func `is told by its name and both ways on where the spec has no date, or no snapshot archive is known`()
        async throws
    {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let server = try archives(ready, in: folder, changes: false)
        func build(_ snapshot: String?) throws -> StonebakeProcess.Outcome {
            let store = folder.url.appendingPathComponent("store-\(snapshot ?? "none")")
            let arguments =
                [
                    "build", try spec(ready, snapshot: snapshot, in: folder).path, "--locked", "--output",
                    folder.url.appendingPathComponent("Images").path,
                ] + server.options
            let process = try StonebakeProcess(
                arguments,
                environment: ["STONEBAKE_CACHE": store.path, "XDG_CONFIG_HOME": folder.url.path])
            try process.process.run()
            return try process.wait()
        }
        let none = try build(nil)
        #expect(none.status != 0)
        #expect(none.error.contains("'nginx-light 1."), "\(none.error)")
        #expect(none.error.contains("--update nginx-light"), "\(none.error)")
        #expect(none.error.contains("write 'snapshot: 20"), "\(none.error)")
        let unknown = try build("2025-11-01")
        #expect(unknown.status == 69)
        #expect(unknown.error.contains("--mirror debian-snapshot=URI"), "\(unknown.error)")
    }
}

/// A folder of archives on loopback.
final class ArchiveServer {
    let address: String
    private let process = Process()
    private let input = Pipe()

    init(_ root: URL) throws {
        let script = """
            import functools, http.server, sys, threading
            class Handler(http.server.SimpleHTTPRequestHandler):
                def log_message(self, *arguments): pass
            handler = functools.partial(Handler, directory=sys.argv[1])
            class Server(http.server.ThreadingHTTPServer):
                def handle_error(self, *arguments): pass
            server = Server(("127.0.0.1", 0), handler)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            print(server.server_port, flush=True)
            sys.stdin.read()
            """
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", script, root.path]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        var line = Data()
        while let byte = try output.fileHandleForReading.read(upToCount: 1), byte != Data([10]) { line += byte }
        address = "http://127.0.0.1:\(String(decoding: line, as: UTF8.self))"
    }

    deinit {
        // It ends with its standard input.
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// Reads all of the lock's archives from it.
    var options: [String] {
        ["debian", "debian-security", "pypi"].flatMap { ["--mirror", "\($0)=\(address)/\($0)"] }
    }
}

extension BuildFixture.Ready {
    /// The date of the repository that a package is locked in, as snapshot archives write it.
    func lockDate(of file: String) throws -> String {
        struct Lock: Decodable {
            struct Repository: Decodable { var id: String, date: Double }
            struct Package: Decodable { var repository: String, path: String }
            var repositories: [Repository], packages: [Package]
        }
        let lock = try JSONDecoder().decode(
            Lock.self, from: Data(contentsOf: spec.appendingPathComponent("appliance.lock")))
        let package = lock.packages.first { $0.path.contains("/\(file)") }
        let date = lock.repositories.first { $0.id == package?.repository }?.date ?? 0
        let text = ISO8601DateFormatter().string(from: Date(timeIntervalSince1970: date))
        return text.filter { $0 != "-" && $0 != ":" }
    }
}
