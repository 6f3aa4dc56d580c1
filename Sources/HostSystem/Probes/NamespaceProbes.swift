import FileTrees
import Glibc
import SandboxInside

extension Doctor {
    var namespaceProbes: [Probe] {
        [
            Probe(name: "setpriv") { .works(try await versionLine(of: "setpriv", package: "util-linux")) },
            Probe(name: "unshare", run: unshare),
            Probe(name: "subordinate ids", run: subordinateIDs),
            Probe(name: "user namespace", run: userNamespace),
            Probe(name: "overlayfs", run: overlay),
        ]
    }

    private func unshare() async throws -> Finding {
        let line = try await versionLine(of: "unshare", package: "util-linux")
        let numbers = line.split { !$0.isNumber && $0 != "." }.last { $0.contains(".") }?.split(separator: ".")
        let version = (numbers ?? []).compactMap { Int($0) }
        // --map-auto came with 2.38.
        guard version.count >= 2, (version[0], version[1]) >= (2, 38) else {
            return .broken("\(line); 2.38 is needed", mend: Doctor.install("util-linux"))
        }
        return .works(line)
    }

    private func subordinateIDs() async throws -> Finding {
        if geteuid() == 0 { return .notNeeded("builds by root use no user namespace") }
        let user = UserNames.current
        for program in ["newuidmap", "newgidmap"] where !Self.isInPath(program, host.environment) {
            return .missing("\(program) is not in the path", mend: Doctor.install("uidmap"))
        }
        for file in ["/etc/subuid", "/etc/subgid"] where !SandboxRequirements.hasRange(in: file, user: user) {
            return .missing(
                "\(file) gives '\(user)' no range of 65536 ids",
                mend: "sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 \(user)")
        }
        return .works("newuidmap is there, and /etc/subuid and /etc/subgid give '\(user)' 65536 ids")
    }

    private func userNamespace() async throws -> Finding {
        if geteuid() == 0 { return .notNeeded("builds by root use no user namespace") }
        let command = Command(
            "unshare", ["--user", "--map-root-user", "--map-auto", "--mount", "--", "cat", "/proc/self/uid_map"]
        ).with { $0.output = .capture(limit: 1 << 16) }
        let result = try await host.runner.run(command)
        guard result.succeeded else {
            return .broken(
                "a user namespace could not be made: \(result.tail.last ?? "no reason was given")",
                mend: SandboxRequirements.hint())
        }
        let mapped = Self.mappedIDs(result.text)
        guard mapped > 65535 else {
            return .broken(
                "a user namespace was made, but holds \(mapped) ids", mend: SandboxRequirements.hint())
        }
        return .works("one was made, with \(mapped) ids in it")
    }

    /// The sum of the third column of uid_map (user_namespaces(7)).
    static func mappedIDs(_ map: String) -> Int {
        map.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            return fields.count == 3 ? Int(fields[2]) : nil
        }.reduce(0, +)
    }

    /// In a sandbox as builds make it: their own way to the mount, not one of the probe's.
    private func overlay() async throws -> Finding {
        let scratch = try host.scratch.newFolder("overlay")
        defer { try? removeTree(scratch) }
        for name in ["lower", "upper"] { try Files.makeFolder("\(scratch)/\(name)") }
        try Files.write("lower", to: "\(scratch)/lower/file")
        let script =
            "cat \"$\(SandboxPlaces.rootVariable)/file\" && echo upper > \"$\(SandboxPlaces.rootVariable)/file\""
        let job = SandboxJob(
            layers: ["\(scratch)/lower"], upper: "\(scratch)/upper", command: Command("/bin/sh", ["-c", script])
        ).with { $0.chroot = false }
        let result = try await Sandbox(host: host).run(job)
        let written = (try? Files.readText("\(scratch)/upper/file")) ?? ""
        guard result.succeeded, written == "upper\n", try Files.readText("\(scratch)/lower/file") == "lower" else {
            return .broken(
                "an overlay was mounted, but does not keep what is written to it: \(result.tail.last ?? "")",
                mend: SandboxRequirements.hint())
        }
        return .works("an overlay was mounted in a namespace and written to")
    }

    private static func isInPath(_ program: String, _ environment: [String: String]) -> Bool {
        (environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":").contains {
            access("\($0)/\(program)", X_OK) == 0
        }
    }
}
