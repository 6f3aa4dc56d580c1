import ApplianceSpec
import BuildPlanning
import ContentDigest
import FileTrees
import Glibc
import HostSystem
import Testing

@testable import ImageExport

/// Which earlier disk a qcow2 is made like.
@Suite struct SimilarImageTests {
    @Test func `this appliance's last one, whatever its disk's size is`() throws {
        let fixture = try Fixture()
        let last = try fixture.build("one", motd: "1")
        let again = try fixture.plan("one", motd: "2")
        #expect(fixture.found(again)?.image == last.image)
        #expect(fixture.found(again, mebibytes: 900)?.disk == last.disk)
    }

    @Test func `the first one of those on the same base, and another when that is gone`() throws {
        let fixture = try Fixture()
        #expect(try fixture.found(fixture.plan("three")) == nil)
        let first = try fixture.build("one")
        let second = try fixture.build("two")
        #expect(try fixture.found(fixture.plan("three"))?.image == first.image)
        // Its own comes first.
        #expect(try fixture.found(fixture.plan("two", motd: "2"))?.image == second.image)
        try Files.remove(first.image)
        #expect(try fixture.found(fixture.plan("three")) == nil)
        let third = try fixture.build("two", motd: "2")
        #expect(try fixture.found(fixture.plan("three"))?.image == third.image)
    }

    @Test func `none of another base, of other tools or of another size`() throws {
        let fixture = try Fixture()
        _ = try fixture.build("one")
        #expect(try fixture.found(fixture.plan("two")) != nil)
        #expect(try fixture.found(fixture.plan("two"), mebibytes: 200) != nil)
        #expect(try fixture.found(fixture.plan("two"), mebibytes: 300) == nil)
        #expect(try fixture.found(fixture.plan("two", base: "2")) == nil)
        #expect(try fixture.found(fixture.plan("two", tools: "2")) == nil)
        #expect(try fixture.found(fixture.plan("one", motd: "2", tools: "2")) == nil)
    }

    @Test func `none whose disk is gone`() throws {
        let fixture = try Fixture()
        try Files.remove(try fixture.build("one").disk)
        #expect(try fixture.found(fixture.plan("two")) == nil)
        #expect(try fixture.found(fixture.plan("one", motd: "2")) == nil)
    }

    /// The second build of `--verify-reproducible` has the facts of the first one's store, and none of its results.
    @Test func `none of another store`() throws {
        let fixture = try Fixture()
        _ = try fixture.build("one")
        let other = try Fixture()
        for name in try Files.names(in: "\(fixture.store.root)/facts") {
            try Files.write(Files.read("\(fixture.store.root)/facts/\(name)"), to: "\(other.store.root)/facts/\(name)")
        }
        #expect(try other.found(other.plan("one", motd: "2")) == nil)
        #expect(try other.found(other.plan("two")) == nil)
    }

    private final class Fixture {
        let folder: String
        let store: ContentStore

        init() throws {
            folder = try Files.newFolder(in: "/var/tmp", named: "stonebake-similar")
            store = try ContentStore(root: "\(folder)/store")
        }

        deinit { try? removeTree(folder) }

        func plan(_ name: String, motd: String = "1", base: String = "1", tools: String = "1") throws -> BuildPlan {
            let spec = """
                stonebake: 1
                name: \(name)
                version: 1.0.0
                summary: A test
                distribution: {name: debian, release: trixie}
                disk: {free: 20%}
                files: [{path: /etc/motd, content: "\(motd)"}]
                targets: [raw, qcow2]
                """
            try Files.write("\(spec)\n", to: "\(folder)/appliance.yaml")
            let (compiled, report) = SpecCompiler(workingDirectory: folder).compile("appliance.yaml")
            func package(_ name: String, _ version: String) -> LockedPackage {
                LockedPackage(
                    name: name, version: version, architecture: "amd64", repository: "debian/trixie",
                    path: "pool/x.deb",
                    size: 1, sha256: Digest.of("\(name) \(version)"), installedSize: 1, layer: .base)
            }
            let lock = Lockfile(
                spec: LockedSpec(name: name, version: "1.0.0", inputs: StepInputs()), timestamp: 1, repositories: [],
                packages: [package("base-files", base)], tools: [package("qemu-utils", tools)], wheels: [])
            return BuildPlan(appliance: try #require(compiled, "\(report)"), lock: lock, hostFiles: [:])
        }

        /// Keeps a disk of 192 MiB and its qcow2.
        func build(_ name: String, motd: String = "1") throws -> SimilarImage.Pair {
            let plan = try plan(name, motd: motd)
            let disk = try keep(try #require(plan[.disk]), "disk.raw", mebibytes: 192)
            let step = try #require(plan.formats.first { $0.target == .qcow2 })
            let pair = SimilarImage.Pair(disk: disk, image: try keep(step, "files/.qcow2", mebibytes: 1))
            SimilarImage(store: store, plan: plan)?.remember(step, of: disk)
            return pair
        }

        func found(_ plan: BuildPlan, mebibytes: Int = 192) -> SimilarImage.Pair? {
            let disk = "\(folder)/disk.raw"
            guard (try? Files.write("", to: disk)) != nil, truncate(disk, off_t(mebibytes) << 20) == 0 else {
                return nil
            }
            return SimilarImage(store: store, plan: plan)?.find(for: disk)
        }

        private func keep(_ step: BuildStep, _ file: String, mebibytes: Int) throws -> String {
            let staging = try store.newStaging()
            try Files.makeFolder("\(staging)/files")
            try Files.write(step.name, to: "\(staging)/\(file)")
            try #require(truncate("\(staging)/\(file)", off_t(mebibytes) << 20) == 0)
            let record = StepRecord(
                kind: step.kind.rawValue, name: step.name, inputs: step.inputs, createdAt: 1, seconds: 1)
            return "\(try store.commit(staging: staging, as: step.digest, record: record).path)/\(file)"
        }
    }
}
