import Foundation
import Testing

/// `stonebake mirror`, and builds from what it brought.
@Suite(.serialized, .trimsStore) struct `A mirror folder` {
    /// A mirror of the fixture's lock, from the fixture's store.
    private func mirror(
        _ ready: BuildFixture.Ready, in folder: TemporaryFolder, _ more: String...
    ) throws -> (url: URL, run: StonebakeProcess.Outcome) {
        let url = folder.url.appendingPathComponent("mirror of 1+1")
        let process = try StonebakeProcess(
            ["mirror", ready.spec.path, url.path, "--locked"] + more, environment: ["STONEBAKE_CACHE": ready.store.path]
        )
        try process.process.run()
        return (url, try process.wait())
    }

    /// Every file below the folder, relative to it.
    private func files(in folder: URL) throws -> [String] {
        try Tool.run("find", ".", "-type", "f", "-printf", "%P\n", in: folder).output.split(separator: "\n")
            .map(String.init).sorted()
    }

    @Test func `holds each file that the lock names, whole, and nothing half done`() async throws {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let (url, run) = try mirror(ready, in: folder)
        #expect(run.status == 0, "\(run.error)")
        let lock = try ready.lockedFiles()
        #expect(lock.count > 200)
        let found = try files(in: url)
        for (path, digest) in lock {
            #expect(found.contains(path), "\(path)")
            #expect(try Tool.run("sha256sum", path, in: url).output.hasPrefix(digest))
        }
        let others = Set(found).subtracting(lock.keys).filter { !$0.hasSuffix("/index.html") }
        #expect(others == ["SHA256SUMS"])
        #expect(try Tool.run("sha256sum", "--check", "--quiet", "SHA256SUMS", in: url).status == 0)
        // pip reads it as it is.
        let name = "flask"
        let pip = try Tool.run(
            "python3", "-m", "pip", "download", "--isolated", "--no-deps", "--no-cache-dir", "--quiet", "--index-url",
            "\(url.appendingPathComponent("pypi"))", "--dest", folder.url.appendingPathComponent("wheels").path, name)
        #expect(pip.status == 0, "\(pip.error)")
    }

    /// By an ordinary user, where root runs the tests: everything that root has and a user has not is missing too.
    @Test func `is all that a build in an empty store without any network needs for the same bytes`() async throws {
        let ready = try await BuildFixture.shared.ready()
        let user = try OrdinaryUser()
        let folder = try TemporaryFolder()
        let (url, run) = try mirror(ready, in: folder)
        #expect(run.status == 0, "\(run.error)")
        let mirror = user.home.appendingPathComponent("mirror")
        try FileManager.default.copyItem(at: url, to: mirror)
        let specs = user.home.appendingPathComponent("specs")
        try ready.copySpecs(to: specs)
        let program = try user.install()
        try user.ownHome()
        let build = try user.runWithoutNetwork(
            program.path, "build", "specs/wsgi", "--locked", "--offline", "--mirror", "mirror")
        #expect(build.status == 0, "\(build.output)\n\(build.error)")
        let sums = user.home.appendingPathComponent("Images/wsgi-1.0.0/SHA256SUMS")
        #expect(
            try String(contentsOf: sums, encoding: .utf8)
                == String(contentsOf: ready.images.appendingPathComponent("SHA256SUMS"), encoding: .utf8))
        // What they made, they can delete.
        let removed = try user.run("rm", "-rf", "Images")
        #expect(removed.status == 0, "\(removed.error)")
        let cleared = try user.run(program.path, "cache", "clear")
        #expect(cleared.status == 0, "\(cleared.error)")
        #expect(!FileManager.default.fileExists(atPath: user.home.appendingPathComponent(".cache/stonebake").path))
    }

    @Test func `keeps what is right, mends what is damaged, and with --prune drops what no lock needs`() async throws {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let (url, _) = try mirror(ready, in: folder)
        let path = try #require(try ready.lockedFiles().keys.first { $0.contains("nginx-light_") })
        let package = url.appendingPathComponent(path)
        let whole = try Data(contentsOf: package)
        try Data("damaged".utf8).write(to: package)
        let other = url.appendingPathComponent("debian/pool/main/o/other/other_1_all.deb")
        try FileManager.default.createDirectory(
            at: other.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data("other".utf8).write(to: other)
        let manifest = url.appendingPathComponent("SHA256SUMS")
        let sum = try Tool.run("sha256sum", "debian/pool/main/o/other/other_1_all.deb", in: url).output
        try Data((String(contentsOf: manifest, encoding: .utf8) + sum).utf8).write(to: manifest)

        let again = try mirror(ready, in: folder).run
        #expect(again.status == 0, "\(again.error)")
        #expect(again.output.contains("0 new"))
        #expect(again.output.contains("1 damaged"))
        #expect(again.error.contains("'\(package.path)' is not what was locked"))
        #expect(try Data(contentsOf: package) == whole)
        #expect(FileManager.default.fileExists(atPath: other.path))
        #expect(try Tool.run("sha256sum", "--check", "--quiet", "SHA256SUMS", in: url).status == 0)

        let pruned = try mirror(ready, in: folder, "--prune").run
        #expect(pruned.output.contains("1 removed"), "\(pruned.output)")
        #expect(!FileManager.default.fileExists(atPath: other.deletingLastPathComponent().path))
        #expect(try Tool.run("sha256sum", "--check", "--quiet", "SHA256SUMS", in: url).status == 0)
    }

    @Test func `that lacks a file, or has a damaged one, is told by the file, the lock and what mends it`() async throws
    {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let (url, _) = try mirror(ready, in: folder)
        let path = try #require(try ready.lockedFiles().keys.first { $0.contains("nginx-light_") })
        let package = url.appendingPathComponent(path)
        let content = try Data(contentsOf: package)
        func build() throws -> StonebakeProcess.Outcome {
            try StonebakeProcess.run(
                "build", ready.spec.path, "--locked", "--offline", "--mirror", url.path, "--output",
                folder.url.appendingPathComponent("Images").path,
                environment: ["STONEBAKE_CACHE": folder.url.appendingPathComponent("store").path])
        }
        try FileManager.default.removeItem(at: package)
        let missing = try build()
        #expect(missing.status == 69)
        for text in ["appliance.lock", "nginx-light 1.", "there is no '\(package.path)'", "stonebake mirror"] {
            #expect(missing.error.contains(text), "\(text): \(missing.error)")
        }
        var damaged = content
        damaged[content.count / 2] ^= 1
        try damaged.write(to: package)
        let refused = try build()
        #expect(refused.status == 1)
        for text in ["nginx-light 1.", path.split(separator: "/").last ?? "", "is not what was expected", "SHA-256"] {
            #expect(refused.error.contains(text), "\(text): \(refused.error)")
        }
        #expect(refused.error.contains("stonebake mirror"), "\(refused.error)")
    }

    @Test(arguments: [SIGKILL, SIGTERM])
    func `whose making is ended holds whole files alone, and the next run goes on`(number: Int32) async throws {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let lock = try ready.lockedFiles()
        let url = folder.url.appendingPathComponent("mirror of 1+1")
        for delay in [0.2, 0.3, 0.4, 0.5, 0.6] {
            let process = try StonebakeProcess(
                ["mirror", ready.spec.path, url.path, "--locked"], environment: ["STONEBAKE_CACHE": ready.store.path])
            try process.process.run()
            try await Task.sleep(for: .seconds(delay))
            kill(process.process.processIdentifier, number)
            _ = try process.wait()
            guard FileManager.default.fileExists(atPath: url.path) else { continue }
            for file in try files(in: url) {
                guard let digest = lock[file] else {
                    #expect(
                        [".lock", "SHA256SUMS"].contains(file) || file.hasPrefix(".partial/")
                            || file.hasSuffix("index.html"), "\(file)")
                    continue
                }
                #expect(try Tool.run("sha256sum", file, in: url).output.hasPrefix(digest))
            }
        }
        let run = try mirror(ready, in: folder).run
        #expect(run.status == 0, "\(run.error)")
        #expect(Set(try files(in: url)).isSuperset(of: lock.keys))
        #expect(!FileManager.default.fileExists(atPath: url.appendingPathComponent(".partial").path))
    }

    @Test(arguments: [
        (["mirror", "Appliances/wsgi"], "one or several specs, and then the folder"),
        (["mirror", "Appliances/wsgi", "Appliances/wsgi"], "is an appliance's own"),
        (["mirror", "Appliances/wsgi", "README.md"], "is a file"),
        (["build", "Appliances/wsgi", "--mirror", "no-such"], "'no-such' is neither a folder nor NAME=URI"),
        (["build", "Appliances/wsgi", "--mirror", "README.md"], "'README.md' is a file"),
    ])
    func `is refused before anything is done where it is none`(arguments: [String], message: String) throws {
        let process = try StonebakeProcess(arguments)
        try process.process.run()
        let run = try process.wait()
        #expect(run.status == 2)
        #expect(run.error.contains(message), "\(run.error)")
    }
}

extension BuildFixture.Ready {
    /// Where each file of the lock lies in a mirror folder, and its SHA-256.
    func lockedFiles() throws -> [String: String] {
        struct Lock: Decodable {
            struct Repository: Decodable { var id: String, archive: String }
            struct Package: Decodable { var repository: String, path: String, sha256: String }
            struct Wheel: Decodable { var name: String, file: String, sha256: String }
            var repositories: [Repository], packages: [Package], tools: [Package], wheels: [Wheel]
        }
        let lock = try JSONDecoder().decode(
            Lock.self, from: Data(contentsOf: spec.appendingPathComponent("appliance.lock")))
        var files: [String: String] = [:]
        for package in lock.packages + lock.tools {
            let archive = lock.repositories.first { $0.id == package.repository }?.archive ?? ""
            files["\(archive)/\(package.path)"] = package.sha256
        }
        for wheel in lock.wheels { files["pypi/\(wheel.name)/\(wheel.file)"] = wheel.sha256 }
        return files
    }
}
