import ApplianceSpec
import BuildPlanning
import ContentDigest
import Diagnostics
import FileTrees
import HostSystem
import Synchronization
import Testing

@testable import PackageResolution

/// Signed archives on disk, right and wrong ones.
@Suite struct RepositoryMetadataTests {
    private static let index = "Package: app\nDepends: lib\n\nPackage: lib\n"

    private func with(_ body: (inout TestArchive) async throws -> Void) async throws {
        var archive = try await TestArchive()
        defer { archive.remove() }
        try await body(&archive)
    }

    @Test(arguments: ["", ".xz", ".gz", ".zst"])
    func `an index is read in every compression, by hash`(compression: String) async throws {
        try await with { archive in
            try await archive.publish(
                .init(Self.index).with {
                    $0.compression = compression; $0.canonical = false
                })
            let lock = try await archive.lock(["app"])
            #expect(lock.packages.map(\.name) == ["app", "lib"])
            #expect(lock.repositories.map(\.id) == ["test/stable"])
            #expect(lock.repositories.first?.archive == "test")
            #expect(lock.timestamp == TestArchive.date)
            // Now from the .solv file that this left in the store.
            #expect(try await archive.lock(["app"]).packages == lock.packages)
        }
    }

    @Test func `a mirror without hash paths is read by name`() async throws {
        try await with { archive in
            try await archive.publish(.init(Self.index).with { $0.byHash = false })
            #expect(try await archive.lock(["app"]).packages.count == 2)
        }
    }

    @Test func `offline uses what the store has, and says what it lacks`() async throws {
        try await with { archive in
            try await archive.publish(.init(Self.index))
            let server = try await TestServer(folder: archive.mirror)
            var repository = archive.repository()
            repository.origin = .uri(server.url)
            archive.offline = true
            let lacking = try await archive.refusal(["app"], from: [repository])
            archive.offline = false
            let lock = try await archive.lock(["app"], from: [repository])
            await server.stop()
            archive.offline = true
            let again = try await archive.lock(["app"], from: [repository])
            #expect(
                lacking == [
                    "10: the store has no Release file of 'test/stable'", "   hint: run it once without --offline",
                ])
            #expect(again == lock && lock.packages.count == 2)
            #expect(lock.repositories.map(\.uri) == [server.url])
        }
    }

    @Test func `an expired Release file is refused, and let pass loudly`() async throws {
        try await with { archive in
            try await archive.publish(.init(Self.index).with { $0.validFor = 1800 })
            #expect(
                try await archive.refusal(["app"]).first
                    == "10: the Release file of 'test/stable' expired on 1 Nov 2026 00:30 UTC; now it is "
                    + "1 Nov 2026 01:00 UTC")
            archive.allowExpired = true
            let said = Mutex<[String]>([])
            let progress = ProgressSink { event in
                if case .message(.warning, let text) = event { said.withLock { $0.append(text) } }
            }
            #expect(try await archive.lock(["app"], progress: progress).packages.count == 2)
            #expect(said.withLock { $0 }.contains { $0.contains("expired") })
        }
    }

    @Test func `a Release file older than the last seen one is refused`() async throws {
        try await with { archive in
            try await archive.publish(.init(Self.index))
            _ = try await archive.lock(["app"])
            try await archive.publish(.init(Self.index).with { $0.date -= 86400 })
            #expect(
                try await archive.refusal(["app"]).first
                    == "10: the Release file of 'test/stable' is of 31 Oct 2026 00:00 UTC, older than the one of "
                    + "1 Nov 2026 00:00 UTC seen before")
            archive.allowExpired = true
            #expect(try await archive.lock(["app"]).packages.count == 2)
            // Letting it pass once does not forget what was seen.
            archive.allowExpired = false
            #expect(try await archive.refusal(["app"]).first?.contains("older than") == true)
        }
    }

    @Test func `a Release file of tomorrow is refused`() async throws {
        try await with { archive in
            try await archive.publish(.init(Self.index).with { $0.date += 3 * 86400 })
            #expect(try await archive.refusal(["app"]).first?.contains("which is yet to come") == true)
        }
    }

    @Test func `another key's signature is refused`() async throws {
        try await with { archive in
            try await archive.publish(.init(Self.index))
            var repository = archive.repository()
            repository.signedBy = nil
            let refusal = try await archive.refusal(["app"], from: [repository])
            #expect(refusal.first?.contains("is not signed by a key of") == true, "\(refusal)")
        }
    }

    @Test func `a Release file that was changed after signing is refused`() async throws {
        try await with { archive in
            try await archive.publish(.init(Self.index))
            let path = "\(archive.mirror)/dists/stable/InRelease"
            try Files.write(Files.readText(path).replacing("Origin: tests", with: "Origin: evil!"), to: path)
            let refusal = try await archive.refusal(["app"])
            #expect(refusal.first?.contains("is not signed by a key of") == true, "\(refusal)")
        }
    }

    @Test func `another suite's validly signed Release file is refused`() async throws {
        try await with { archive in
            try await archive.publish(.init(Self.index).with { $0.name = "oldstable" })
            try Files.makeFolder("\(archive.mirror)/dists/stable")
            try Files.move(
                "\(archive.mirror)/dists/oldstable/InRelease", to: "\(archive.mirror)/dists/stable/InRelease")
            #expect(
                try await archive.refusal(["app"]).first
                    == "10: 'test/stable' serves the Release file of another suite: 'oldstable', 'oldstable', "
                    + "not 'stable'")
        }
    }

    @Test func `an index that is not the signed one is refused`() async throws {
        try await with { archive in
            try await archive.publish(.init(Self.index).with { $0.byHash = false })
            let path = "\(archive.mirror)/dists/stable/main/binary-amd64/Packages"
            try Files.write(Files.readText(path).replacing("Depends: lib", with: "Depends: bad"), to: path)
            let refusal = try await archive.refusal(["app"])
            #expect(
                refusal.first
                    == "10: the mirror of 'test/stable' lacks the indexes that its Release file of "
                    + "1 Nov 2026 00:00 UTC lists, or has others")
        }
    }

    @Test func `a mirror that is updated in between is asked again`() async throws {
        try await with { archive in
            let later = TestArchive.Suite("Package: app\n\nPackage: new\n").with {
                $0.date += 60
                $0.byHash = false
            }
            try await archive.publish(later)
            let (dists, updated) = ("\(archive.mirror)/dists", "\(archive.mirror)/updated")
            try Files.move(dists, to: updated)
            try await archive.publish(.init(Self.index).with { $0.byHash = false })
            // The update happens when the old Release file is here and the first index is asked for.
            let isUpdated = Mutex(false)
            let progress = ProgressSink { event in
                guard case .log(let line) = event, line.hasPrefix("GET"), line.contains("Packages") else { return }
                isUpdated.withLock { done in
                    if done { return }
                    done = true
                    try? Files.move(dists, to: dists + ".old")
                    try? Files.move(updated, to: dists)
                }
            }
            let lock = try await archive.lock(["app"], progress: progress)
            #expect(isUpdated.withLock { $0 })
            #expect(lock.timestamp == TestArchive.date + 60)
            #expect(lock.packages.map(\.name) == ["app"])
        }
    }

    @Test func `what the repository does not have is named, with what it has`() async throws {
        try await with { archive in
            try await archive.publish(
                .init(Self.index).with {
                    $0.components["contrib"] = "Package: extra\n"; $0.architectures = "arm64 all"
                })
            let repository = archive.repository(components: ["main", "contrb"])
            #expect(
                try await archive.refusal(["app"], from: [repository]) == [
                    "10: 'test/stable' has no component 'contrb'", "   hint: did you mean 'contrib'?",
                    "10: 'test/stable' has no packages for amd64", "   hint: it has: arm64",
                ])
            let missing = try await archive.refusal(["app"], from: [archive.repository("sid")])
            #expect(missing.first == "10: 'test/sid' has no suite 'sid' on this mirror")
        }
    }

    @Test func `what is wrong with each repository is told at once`() async throws {
        try await with { archive in
            try await archive.publish(.init(Self.index))
            let wrong = [archive.repository(components: ["man"]), archive.repository("sid")]
            let refusal = try await archive.refusal(["app"], from: wrong)
            #expect(
                refusal.filter { $0.hasPrefix("10:") } == [
                    "10: 'test/stable' has no component 'man'", "10: 'test/sid' has no suite 'sid' on this mirror",
                ])
        }
    }

    @Test func `a package of another component is pointed to`() async throws {
        try await with { archive in
            try await archive.publish(.init(Self.index).with { $0.components["contrib"] = "Package: extra\n" })
            #expect(
                try await archive.refusal(["app", "extra"]) == [
                    "2: no package 'extra' in test/stable",
                    "   hint: it is in component contrib of stable; add it under repositories",
                ])
        }
    }

    @Test func `a dependency of another component is pointed to`() async throws {
        try await with { archive in
            let index = "Package: app\nDepends: codec\n"
            try await archive.publish(.init(index).with { $0.components["non-free"] = "Package: codec\n" })
            #expect(
                try await archive.refusal(["app"]) == [
                    "1: 'app' cannot be installed: app needs codec, which no package here provides",
                    "   hint: it is in component non-free of stable; add it under repositories",
                ])
        }
    }

    @Test func `backports are for what asks for them`() async throws {
        try await with { archive in
            try await archive.publish(.init(Self.index))
            try await archive.publish(
                .init("Package: app\nVersion: 2\nDepends: lib (>= 2)\n\nPackage: lib\nVersion: 2\n").with {
                    $0.name = "stable-backports"
                    $0.extra = "NotAutomatic: yes\nButAutomaticUpgrades: yes"
                })
            let repositories = [archive.repository(), archive.repository("stable-backports")]
            #expect(try await archive.lock(["app"], from: repositories).packages.map(\.version) == ["1", "1"])
            #expect(
                try await archive.lock(["app/stable-backports"], from: repositories).packages.map(\.version)
                    == ["2", "2"])
            let pinned = [archive.repository(), archive.repository("stable-backports", priority: 600)]
            #expect(try await archive.lock(["app"], from: pinned).packages.map(\.version) == ["2", "2"])
        }
    }

    @Test func `a damaged cache of an index is not used`() async throws {
        try await with { archive in
            try await archive.publish(.init(Self.index))
            let lock = try await archive.lock(["app"])
            let entries = "\(archive.folder.path)/cache/entries"
            for part in try Files.names(in: entries) {
                for entry in try Files.names(in: "\(entries)/\(part)") {
                    let path = "\(entries)/\(part)/\(entry)/content/index.solv"
                    if Files.exists(path) { try Files.write("SOLV damaged", to: path) }
                }
            }
            #expect(try await archive.lock(["app"]).packages == lock.packages)
        }
    }
}
