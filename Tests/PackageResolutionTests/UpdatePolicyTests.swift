import BuildPlanning
import ContentDigest
import FileTrees
import HostSystem
import Testing

@testable import PackageResolution

/// What `lock --update` moves and what it leaves.
@Suite struct UpdatePolicyTests {
    private static let old = "Package: app\nDepends: lib\n\nPackage: lib\n\nPackage: tool\n"
    private static let new = """
        Package: app
        Version: 2
        Depends: lib

        Package: app
        Version: 1
        Depends: lib

        Package: lib
        Version: 2

        Package: lib
        Version: 1

        Package: tool
        Version: 2
        Depends: lib (>= 2)

        Package: tool
        Version: 1

        Package: extra
        Depends: lib (>= 2)
        """

    private func versions(_ lock: Lockfile) -> [String] { lock.packages.map { "\($0.name)=\($0.version)" } }

    private func with(_ body: (TestArchive, Lockfile) async throws -> Void) async throws {
        let archive = try await TestArchive()
        defer { archive.remove() }
        try await archive.publish(.init(Self.old))
        let lock = try await archive.lock(["app", "tool"])
        #expect(versions(lock) == ["app=1", "lib=1", "tool=1"])
        try await archive.publish(.init(Self.new).with { $0.date += 60 })
        try await body(archive, lock)
    }

    @Test func `keep moves nothing`() async throws {
        try await with { archive, lock in
            let kept = try await archive.lock(["app", "tool"], previous: lock, update: .keep)
            #expect(kept.packages == lock.packages)
            #expect(versions(try await archive.lock(["app"], previous: lock, update: .keep)) == ["app=1", "lib=1"])
        }
    }

    @Test func `all moves everything`() async throws {
        try await with { archive, lock in
            let moved = try await archive.lock(["app", "tool"], previous: lock, update: .all)
            #expect(versions(moved) == ["app=2", "lib=2", "tool=2"])
        }
    }

    @Test func `only what is named moves, and what it then needs`() async throws {
        try await with { archive, lock in
            let app = try await archive.lock(["app", "tool"], previous: lock, update: .named(["app"]))
            #expect(versions(app) == ["app=2", "lib=1", "tool=1"])
            let tool = try await archive.lock(["app", "tool"], previous: lock, update: .named(["tool"]))
            #expect(versions(tool) == ["app=1", "lib=2", "tool=2"])
        }
    }

    @Test func `a new package moves only what it needs to`() async throws {
        try await with { archive, lock in
            let added = try await archive.lock(["app", "tool", "extra"], previous: lock, update: .keep)
            #expect(versions(added) == ["app=1", "extra=1", "lib=2", "tool=1"])
        }
    }

    @Test func `a name that the lock does not have is refused`() async throws {
        try await with { archive, lock in
            await #expect(throws: ResolutionError.self) {
                try await archive.lock(["app", "tool"], previous: lock, update: .named(["tol"]))
            }
        }
    }

    @Test func `a version that left the index stays when the store has it`() async throws {
        let archive = try await TestArchive()
        defer { archive.remove() }
        let host = try archive.host()
        let deb = try await makeDeb(archive, "Package: app\nVersion: 1\nDepends: lib\n")
        let (digest, path) = try host.store.addBlob(moving: deb, expecting: nil)
        let size = try Files.identity(path)?.size ?? 0
        let entry = "Package: app\nDepends: lib\nFilename: pool/app_1.deb\nSize: \(size)\nSHA256: \(digest.hex)\n"
        try await archive.publish(.init(entry + "\nPackage: lib\n"))
        let lock = try await archive.lock(["app"])
        try await archive.publish(
            .init("Package: app\nVersion: 2\n\nPackage: lib\nVersion: 2\n").with { $0.date += 60 })
        let kept = try await archive.lock(["app"], previous: lock, update: .keep)
        // lib 1 is neither in the index nor in the store, so it moves.
        #expect(versions(kept) == ["app=1", "lib=2"])
        #expect(kept.packages[0] == lock.packages[0])

        // What the store has is hashed before it is used: a package that was changed there is not.
        try Files.remove(path)
        try Files.write("not the package", to: path)
        let without = try await archive.lock(["app"], previous: lock, update: .keep)
        #expect(versions(without) == ["app=2"])
    }

    private func makeDeb(_ archive: TestArchive, _ control: String) async throws -> String {
        let root = "\(archive.folder.path)/deb"
        try Files.makeFolder("\(root)/DEBIAN")
        try Files.write(
            control
                + "Architecture: amd64\nInstalled-Size: 10\nMaintainer: Tests <tests@example.org>\nDescription: test\n",
            to: "\(root)/DEBIAN/control")
        let path = "\(archive.folder.path)/app.deb"
        try await CommandRunner(progress: .silent).check(
            Command("dpkg-deb", ["--build", "--root-owner-group", root, path]), purpose: "make a package")
        return path
    }
}
