import Foundation
import Testing

/// The repository as it lies there: what `git` would commit.
struct Repository {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Tracked files, and new ones that are not ignored; paths from the root.
    func files() async throws -> [String] {
        let listed = try await run("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
        return listed.output.split(separator: "\0").map(String.init).filter {
            FileManager.default.fileExists(atPath: root.appending(path: $0).path)
        }
    }

    func swiftFiles() async throws -> [String] {
        try await files().filter { $0.hasSuffix(".swift") }
    }

    func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: root.appending(path: path)), as: UTF8.self)
    }

    /// On a thread of its own: waiting for a process would keep other tests from the few threads of Swift's pool.
    func run(_ words: String...) async throws -> (status: Int32, output: String) {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try wait(words) }) }
        }
    }

    private func wait(_ words: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = words
        process.currentDirectoryURL = root
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }
}

@Suite struct StyleTests {
    let repository = Repository()

    @Test func `swift format has nothing to say`() async throws {
        let result = try await repository.run(
            "swift", "format", "lint", "--strict", "--parallel", "-r", "Sources", "Tests", "Package.swift")
        #expect(result.status == 0, "\(result.output)")
    }

    @Test func `no file is longer than 400 lines`() async throws {
        for path in try await repository.swiftFiles() {
            let lines = try repository.text(path).split(separator: "\n", omittingEmptySubsequences: false).count - 1
            #expect(lines <= 400, "\(path) has \(lines) lines: look for its second responsibility")
        }
    }

    /// The names are put together here, so that this file does not hold them either.
    static let registryHosts = [
        ["deb", "debian", "org"], ["security", "debian", "org"], ["ftp", "debian", "org"],
        ["snapshot", "debian", "org"],
        ["pypi", "org"], ["pythonhosted", "org"], ["archive", "ubuntu", "com"], ["registry", "npmjs", "org"],
        ["crates", "io"], ["proxy", "golang", "org"], ["repo", "maven", "apache", "org"], ["rubygems", "org"],
    ].map { $0.joined(separator: ".") }

    @Test func `no file names the host of a package registry`() async throws {
        for path in try await repository.files() {
            let data = try Data(contentsOf: repository.root.appending(path: path))
            for host in Self.registryHosts where data.range(of: Data(host.utf8)) != nil {
                Issue.record("\(path) names \(host): archives have names, the machine knows where they lie")
            }
        }
    }

    /// Who may import whom, among our own targets; the executable may import all.
    static let stages = [
        "PackageResolution", "RootfsAssembly", "DiskAssembly", "ImageExport", "BootCheck", "ImageInspection",
        "ProgressDisplay", "TimingReport",
    ]

    @Test(arguments: stages)
    func `a stage imports no other stage, and only its own C library`(stage: String) async throws {
        let others = Set(Self.stages).subtracting([stage])
        for path in try await repository.swiftFiles() where path.hasPrefix("Sources/\(stage)/") {
            let imported = Set(try imports(path))
            #expect(imported.isDisjoint(with: others), "\(path) imports \(imported.intersection(others).sorted())")
        }
    }

    /// Each of these belongs to one target.
    @Test(arguments: [
        ("Yams", "ApplianceSpec"), ("CSolv", "PackageResolution"), ("CGuestfs", "DiskAssembly"),
        ("CArchive", "FileTrees"), ("CCurl", "HostSystem"), ("Subprocess", "HostSystem"), ("CCrypto", "ContentDigest"),
        ("ArgumentParser", "stonebake"), ("CZlib", "ImageExport"), ("CXML", "XMLDocuments"),
    ])
    func `a library has one target that imports it`(library: String, owner: String) async throws {
        for path in try await repository.swiftFiles()
        where path.hasPrefix("Sources/") && !path.hasPrefix("Sources/\(owner)/") {
            #expect(try !imports(path).contains(library), "\(path) imports \(library), which is \(owner)'s")
        }
    }

    @Test func `the lower targets know nothing of those above them`() async throws {
        let below = [
            "Diagnostics", "ContentDigest", "Kickstart", "ApplianceSpec", "TreeMeasures", "BuildPlanning", "FileTrees",
            "SandboxInside", "HostSystem",
        ]
        let allowed: [String: Set<String>] = [
            "Diagnostics": [], "ContentDigest": [], "Kickstart": ["Diagnostics"],
            "ApplianceSpec": ["Diagnostics", "ContentDigest", "Kickstart"],
            "TreeMeasures": ["ContentDigest"],
            "BuildPlanning": ["ApplianceSpec", "Diagnostics", "ContentDigest", "TreeMeasures"],
            "FileTrees": ["Diagnostics", "ContentDigest"],
            "SandboxInside": ["Diagnostics", "ContentDigest", "FileTrees", "TreeMeasures"],
            "HostSystem": ["Diagnostics", "ContentDigest", "FileTrees", "SandboxInside"],
        ]
        for target in below {
            let forbidden = Set(below + Self.stages).subtracting(allowed[target] ?? []).subtracting([target])
            for path in try await repository.swiftFiles() where path.hasPrefix("Sources/\(target)/") {
                let wrong = Set(try imports(path)).intersection(forbidden)
                #expect(wrong.isEmpty, "\(path) imports \(wrong.sorted())")
            }
        }
    }

    @Test func `what the optimiser touches has nothing asynchronous in it`() async throws {
        let targets = try repository.text("Package.swift").matches(of: /synchronous\(\s*"(\w+)"/).map {
            String($0.output.1)
        }
        #expect(Set(targets).isSuperset(of: ["ImageInspection", "FileTrees", "SandboxInside"]))
        let words: Set<String> = ["async", "await", "Task", "actor", "TaskGroup"]
        for path in try await repository.swiftFiles()
        where targets.contains(where: { path.hasPrefix("Sources/\($0)/") }) {
            let code = try repository.text(path).split(separator: "\n").filter { !$0.contains("//") }
            // Dispatch's `queue.async` is an ordinary function.
            let text = code.joined(separator: " ").replacingOccurrences(of: "queue.async", with: "queue")
            let used = Set(text.split { !$0.isLetter && $0 != "_" }.map(String.init))
            #expect(used.isDisjoint(with: words), "\(path) uses \(used.intersection(words).sorted())")
        }
    }

    @Test func `no test is disabled, and nothing can bring the program down on purpose`() async throws {
        // Put together, so that this file does not hold them either.
        let forbidden = [
            ".disab" + "led(", ".enab" + "led(if", "fatal" + "Error(", "try" + "! ", "as" + "! ", "XCTSk" + "ip",
        ]
        for path in try await repository.swiftFiles() {
            let text = try repository.text(path)
            for word in forbidden { #expect(!text.contains(word), "\(path) has '\(word)'") }
        }
    }

    /// The modules that a file imports, whatever stands before `import`.
    private func imports(_ path: String) throws -> [String] {
        try repository.text(path).split(separator: "\n").compactMap { line in
            let words = line.split(whereSeparator: \.isWhitespace)
            guard let index = words.firstIndex(of: "import"), index + 1 < words.endIndex,
                words[..<index].allSatisfy({
                    $0.hasPrefix("@") || ["package", "public", "internal", "private", "fileprivate"].contains($0)
                })
            else { return nil }
            return words[index + 1].split(separator: ".").first.map(String.init)
        }
    }
}
