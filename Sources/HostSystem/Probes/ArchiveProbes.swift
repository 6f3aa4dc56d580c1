import FileTrees

extension Doctor {
    /// What Debian's archive is signed with, as Debian installs it.
    private static let keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"

    var archiveProbes: [Probe] {
        [
            Probe(name: "gpgv") { .works(try await versionLine(of: "gpgv", package: "gpgv")) },
            Probe(name: "archive keyring", run: keyring),
            Probe(name: "archive 'debian'", limit: 60) { try await release("debian", suite: "trixie") },
            Probe(name: "archive 'debian-security'", limit: 60) {
                try await release("debian-security", suite: "trixie-security")
            },
            Probe(name: "archive 'pypi'", limit: 60, run: pythonIndex),
        ]
    }

    private func keyring() async throws -> Finding {
        guard Files.exists(Self.keyring) else {
            return .missing("\(Self.keyring) does not exist", mend: Doctor.install("debian-archive-keyring"))
        }
        let size = try Files.read(Self.keyring).count
        return .works("\(Self.keyring) was read (\(Files.sizeText(Int64(size))))")
    }

    /// Fetches the suite's InRelease and verifies it, as a build does.
    private func release(_ archive: String, suite: String) async throws -> Finding {
        let base = try host.archives.base(of: archive)
        if host.offline { return .notNeeded("offline: what is in the cache is used alone") }
        var request = HTTPRequest("\(base)/dists/\(suite)/InRelease")
        request.followsRedirects = true
        request.timeout = .seconds(30)
        let response = try await host.http.send(request)
        guard response.status == 200 || base.hasPrefix("file:") else {
            return .broken(
                "\(request.url) answers with status \(response.status)", mend: "stonebake … --mirror \(archive)=URI")
        }
        let scratch = try host.scratch.newFolder("release")
        defer { try? removeTree(scratch) }
        let file = "\(scratch)/InRelease"
        try Files.write(response.body, to: file)
        _ = try await SignatureVerifier(host: host).verifyInline(inRelease: file, keyrings: [Self.keyring])
        return .works("InRelease of \(suite) was fetched from \(base) and its signature verified")
    }

    private func pythonIndex() async throws -> Finding {
        let base = try host.archives.base(of: "pypi")
        if host.offline { return .notNeeded("offline: what is in the cache is used alone") }
        var request = HTTPRequest("\(base)/pip/")
        request.followsRedirects = true
        request.timeout = .seconds(30)
        let response = try await host.http.send(request)
        guard response.status == 200 || base.hasPrefix("file:") else {
            return .broken(
                "\(request.url) answers with status \(response.status)", mend: "pip config set global.index-url URI")
        }
        return .works("the list of a project's files was fetched from \(base)")
    }
}
