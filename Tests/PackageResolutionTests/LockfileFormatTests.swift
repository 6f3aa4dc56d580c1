import ApplianceSpec
import BuildPlanning
import ContentDigest
import Diagnostics
import Testing

@Suite struct LockfileFormatTests {
    private static func lock() -> Lockfile {
        var inputs = StepInputs()
        inputs.add("packages.install", text: "app")
        func package(_ name: String) -> LockedPackage {
            LockedPackage(
                name: name, version: "1:2.3-4", architecture: "amd64", repository: "debian/trixie",
                path: "pool/main/a/app_2.3-4_amd64.deb", size: 1234, sha256: Digest.of(name), installedSize: 5_120_000,
                layer: name == "app" ? .appliance : .base)
        }
        return Lockfile(
            spec: LockedSpec(name: "wsgi", version: "1.0.0", inputs: inputs), timestamp: 1_789_199_741,
            repositories: [
                LockedRepository(
                    id: "debian/trixie", archive: "debian", uri: nil, suite: "trixie", components: ["main"],
                    release: Digest.of("release"), date: 1_789_199_741)
            ],
            packages: [package("libc6"), package("app")], tools: [package("mtools")],
            wheels: [
                LockedWheel(
                    name: "flask", version: "3.1.3", file: "flask-3.1.3-py3-none-any.whl", sha256: Digest.of("flask"),
                    isRequested: true)
            ])
    }

    @Test func `a lock is one line a package, sorted, and the same bytes each time`() throws {
        let text = try LockfileFormat.encode(Self.lock())
        let line =
            "    { \"name\": \"app\", \"version\": \"1:2.3-4\", \"architecture\": \"amd64\", \"layer\": \"appliance\", "
            + "\"repository\": \"debian/trixie\", \"path\": \"pool/main/a/app_2.3-4_amd64.deb\", \"size\": 1234, "
            + "\"installedSize\": 5120000, \"sha256\": \"\(Digest.of("app").hex)\" },"
        #expect(text.split(separator: "\n").map(String.init).contains(line))
        #expect(text.split(separator: "\n").count { $0.contains("\"path\"") } == 3)
        let back = try LockfileFormat.decode(SourceFile(path: "appliance.lock", text: text))
        #expect(back.packages.map(\.name) == ["app", "libc6"])
        #expect(back.spec == Self.lock().spec && back.wheels == Self.lock().wheels)
        #expect(try LockfileFormat.encode(back) == text)
        #expect(text.hasSuffix("}\n"))
    }

    /// A change to a good lock, the line where it is found out, and a part of what is said.
    @Test(arguments: [
        ("\"format\": 1", "\"format\": 2", "2: the lock has format 2; this Stonebake reads format 1"),
        ("\"wheels\": [", "\"wheels\": {", "the lock is not JSON"),
        ("\"name\": \"app\", ", "", "the lock lacks 'name' here"),
        ("\"size\": 1234", "\"size\": \"1234\"", "the lock has a wrong value for 'size'"),
        ("\"size\": 1234", "\"size\": -1", "has a negative size"),
        ("pool/main/a/", "pool/../../a/", "leaves its archive"),
        ("pool/main/a/", "/etc/", "leaves its archive"),
        ("\"repository\": \"debian/trixie\"", "\"repository\": \"debian/sid\"", "which the lock does not list"),
        ("\"name\": \"libc6\"", "\"name\": \"app\"", "app (amd64) is locked twice"),
        ("flask-3.1.3-py3", "../flask-3.1.3-py3", "is not the name of a wheel"),
        ("\"layer\": \"base\"", "\"layer\": \"top\"", "the lock has a wrong value for 'layer'"),
        ("\"timestamp\": 1789199741", "\"timestamp\": 1789199741, \"timestamp\": 2", "'timestamp' is given twice"),
        ("\"packages\": [", "<<<<<<< HEAD\n  \"packages\": [", "the lock is not JSON"),
    ])
    func `a lock that cannot be used is refused at its line`(old: String, new: String, expected: String) throws {
        let text = try LockfileFormat.encode(Self.lock())
        let changed = try #require(text.firstRange(of: old)).replaced(in: text, with: new)
        do {
            _ = try LockfileFormat.decode(SourceFile(path: "appliance.lock", text: changed))
            Issue.record("no error for \(new)")
        } catch {
            let lines = PoolFixture.lines(error.diagnostics)
            #expect(lines.first?.contains(expected) == true, "\(lines)")
            let place = try #require(error.diagnostics.first?.range)
            let changedLine = changed.split(separator: "\n", omittingEmptySubsequences: false).firstIndex {
                new.isEmpty ? $0.contains("5120000") : $0.contains(new.split(separator: "\n")[0])
            }
            #expect(abs(place.start.line - ((changedLine ?? -9) + 1)) <= 1, "\(place)")
        }
    }

    @Test func `inputs that differ name the culprit`() {
        func request(_ change: (inout ResolutionRequest) -> Void) -> StepInputs {
            var request = ResolutionRequest(
                architecture: .amd64,
                repositories: [
                    Repository(
                        id: "debian/trixie", origin: .archive("debian"), suite: Located("trixie"), components: ["main"])
                ],
                base: ["systemd"], install: [Located("nginx")], remove: [], recommends: false, tools: [],
                toolRepositories: [],
                python: PythonEnvironment(
                    path: "/opt/venv", requirements: SourceFile(path: "a/requirements.txt", text: "flask\n")))
            change(&request)
            return request.inputs()
        }
        let before = request { _ in }
        let file = SourceFile(path: "x.yaml", text: "\n\n")
        #expect(before.differences(from: request { $0.install[0].range = file.range(line: 2) }) == [])
        #expect(before.differences(from: request { $0.install.append(Located("curl")) }) == ["packages.install"])
        #expect(before.differences(from: request { $0.recommends = true }) == ["packages.recommends"])
        #expect(before.differences(from: request { $0.repositories[0].priority = 100 }) == ["repositories"])
        let python = PythonEnvironment(
            path: "/opt/venv", requirements: SourceFile(path: "a/requirements.txt", text: "flask\ndjango\n"))
        #expect(before.differences(from: request { $0.python = python }) == ["requirements.txt"])
    }
}

extension Range<String.Index> {
    fileprivate func replaced(in text: String, with new: String) -> String {
        text[..<lowerBound] + new + text[upperBound...]
    }
}
