import ApplianceSpec
import BuildPlanning
import ContentDigest
import FileTrees
import Foundation
import Testing
import TreeMeasures

@Suite struct BuildReportTests {
    static let report: BuildReport = {
        let digest = Digest.of("x")
        let layout = Sample.planner().layout(for: LayoutTests.wsgi, packages: []).layout
        let packages = (1...30).map { PackageSize(name: "p\($0)", bytes: Int64(1000 - $0)) }
        let image = DiskImage(
            path: "/disk.raw",
            layout: layout
                ?? DiskLayout(diskGUID: "", size: 0, partitions: [], root: .init(inodes: 0, journalMebibytes: 0)),
            inspection: .init(
                distribution: "debian", majorVersion: 13, minorVersion: 2, productName: "13.2", architecture: "x86_64",
                kernels: ["6.12.1"]),
            tree: TreeMeasure(
                contentSize: 1, entryCount: 2, kernel: "6.12.1", packageSizes: packages,
                usage: TreeUsage(blocks: 1, inodes: 2), boot: [], attributes: []))
        var plan = Sample.plan()
        plan = BuildPlan(
            appliance: plan.appliance,
            lock: {
                var lock = plan.lock
                lock.packages = [
                    LockedPackage(
                        name: "nginx-light", version: "1.26.3-3", architecture: "all", repository: "debian/trixie",
                        path: "pool/x.deb", size: 10, sha256: digest, installedSize: 20, layer: .appliance)
                ]
                lock.wheels = [
                    LockedWheel(name: "flask", version: "3.1", file: "f.whl", sha256: digest, isRequested: true)
                ]
                return lock
            }(), hostFiles: [:])
        return BuildReport(
            plan: plan, image: image,
            artifacts: [ImageArtifact(target: .qcow2, file: "tiny-1.0.0.qcow2", size: 5, sha256: digest)],
            steps: [.init(id: "disk", title: "assemble the disk", seconds: 1.23456, isCached: false)],
            builtAt: 1_790_000_100, seconds: 40.00049)
    }()

    @Test func `a report survives its JSON, which is the same text each time`() throws {
        let text = try Self.report.json()
        #expect(try BuildReport(json: text) == Self.report)
        #expect(try Self.report.json() == text)
        #expect(text.hasSuffix("}\n"))
        #expect(text.contains("\"seconds\" : 1.235"))
        #expect(Self.report.root.largestPackages.count == 10)
    }

    /// PyPI's jsonschema is the judge: it accepts a report, and refuses it with anything missing, added or misshapen.
    @Test func `the published schema describes it`() async throws {
        let folder = try TestFolder()
        let schema = URL(filePath: #filePath).appending(path: "../../../docs/report.schema.json").standardized.path
        try Files.write(try Self.report.json(), to: "\(folder.path)/report.json")
        try Files.write(
            """
            import copy, json, sys, jsonschema
            schema = json.load(open(sys.argv[1]))
            jsonschema.Draft202012Validator.check_schema(schema)
            validator = jsonschema.Draft202012Validator(schema)
            report = json.load(open("report.json"))
            validator.validate(report)
            count = 0

            def refused(change):
                global count
                broken = copy.deepcopy(report)
                change(broken)
                if validator.is_valid(broken):
                    sys.exit(f"accepted: {json.dumps(broken)[:2000]}")
                count += 1

            def objects(value, path=()):
                if isinstance(value, dict):
                    yield path
                    for key, inner in value.items():
                        yield from objects(inner, path + (key,))
                elif isinstance(value, list) and value:
                    yield from objects(value[0], path + (0,))

            def at(value, path):
                for key in path:
                    value = value[key]
                return value

            optional = {"label", "filesystemUUID"}
            for path in list(objects(report)):
                refused(lambda broken: at(broken, path).update({"addition": 1}))
                for key in at(report, path):
                    if key not in optional:
                        refused(lambda broken: at(broken, path).pop(key))
                    refused(lambda broken: at(broken, path).update({key: None}))
            refused(lambda broken: broken.update(format=2))
            refused(lambda broken: broken["artifacts"][0].update(sha256="abc"))
            refused(lambda broken: broken["artifacts"][0].update(file="../x"))
            refused(lambda broken: broken["disk"]["partitions"][0].update(start=1000))
            print(count)
            """, to: "\(folder.path)/validate.py")
        let output = try await folder.shell(
            """
            python3 -m venv python
            python/bin/pip install --quiet --disable-pip-version-check 'jsonschema==4.*'
            python/bin/python validate.py '\(schema)'
            """)
        let refused = try #require(Int(output.split(separator: "\n").last ?? ""))
        #expect(refused > 100)
    }
}
