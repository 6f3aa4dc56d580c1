import ApplianceSpec
import BuildPlanning
import ContentDigest
import Diagnostics
import HostSystem
import RootfsAssembly
import Testing

@testable import PackageResolution

/// pip itself: the release's own, from a tools root made of the real archive, asking the real index.
@Suite(.serialized) struct PipTests {
    private func with(_ body: (PackageResolver, ToolsRoot, Host) async throws -> Void) async throws {
        let cache = try TemporaryFolder()
        defer { cache.remove() }
        let host = try Host(testing: cache.path)
        let profile = try #require(DistributionProfile.named("debian", release: "trixie", architecture: .amd64))
        let request = ResolutionRequest(
            architecture: .amd64, repositories: [], base: [], install: [], remove: [], recommends: false,
            tools: (profile.pythonTools + ["base-files"]).map { Located($0) },
            toolRepositories: profile.toolRepositories, python: nil)
        let resolver = PackageResolver(host: host)
        let spec = LockedSpec(name: "test", version: "1", inputs: request.inputs())
        let lock = try await resolver.resolve(request, spec: spec, previous: nil, update: .all)
        var inputs = StepInputs()
        for package in lock.tools { inputs.add(package.name, package.sha256) }
        let step = BuildStep(kind: .tools, name: "test", title: "tools", inputs: inputs)
        try await body(resolver, try await RootfsAssembler(host: host).tools(step, from: lock), host)
        try await host.close()
    }

    private func environment(_ text: String) -> PythonEnvironment {
        PythonEnvironment(path: "/opt/venv", requirements: SourceFile(path: "requirements.txt", text: text))
    }

    @Test func `pip of the image's release locks wheels, holds them, and tells what is wrong at its line`() async throws
    {
        try await with { resolver, tools, host in
            let flask = environment("# web\nflask>=3,<4\nclick==8.1.7\ncolorama ; sys_platform == 'win32'\n")
            let wheels = try await resolver.resolvePython(flask, tools: tools, previous: [], update: .all)
            let names = wheels.map(\.name)
            #expect(names == ["blinker", "click", "flask", "itsdangerous", "jinja2", "markupsafe", "werkzeug"])
            #expect(wheels.filter(\.isRequested).map(\.name) == ["click", "flask"])
            let markup = try #require(wheels.first { $0.name == "markupsafe" })
            #expect(markup.file.contains("-cp313-") && markup.file.contains("x86_64"), "\(markup.file)")
            let fetched = try await WheelFetcher(host: host).fetch(
                wheels.map { .init(project: $0.name, file: $0.file, sha256: $0.sha256) }, step: "wheels")
            #expect(fetched.map(\.digest) == wheels.map(\.sha256))

            // The pin is gone from the requirements: what was locked stays, unless it is named.
            let loose = environment("flask>=3,<4\nclick\n")
            let kept = try await resolver.resolvePython(loose, tools: tools, previous: wheels, update: .keep)
            #expect(kept.first { $0.name == "click" }?.version == "8.1.7")
            let moved = try await resolver.resolvePython(
                loose, tools: tools, previous: wheels, update: .named(["click"]))
            #expect(moved.first { $0.name == "click" }?.version != "8.1.7")
            #expect(moved.first { $0.name == "flask" } == wheels.first { $0.name == "flask" })

            let refusals: [(String, String)] = [
                (
                    "flask\nflask-nosuch-project-here\n",
                    "2: the package index has no project 'flask-nosuch-project-here'"
                ),
                ("# x\n\ndocopt==0.6.2\n", "3: 'docopt' has no wheel, only source archives"),
                ("flask=>3\n", "1: pip does not understand the requirement: 'flask=>3'"),
                ("flask==0.999\n", "1: no wheel of 'flask' fits 'flask==0.999' and the image's Python"),
                ("flask==3.0.0\nwerkzeug==2.0.0\n", "1: these requirements cannot be installed together"),
            ]
            for (text, expected) in refusals {
                do {
                    _ = try await resolver.resolvePython(environment(text), tools: tools, previous: [], update: .all)
                    Issue.record("no error for \(text)")
                } catch let error as ResolutionError {
                    #expect(PoolFixture.lines(error.diagnostics).first == expected)
                }
            }
        }
    }
}
