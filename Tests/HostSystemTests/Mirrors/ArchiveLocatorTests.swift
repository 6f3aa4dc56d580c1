import Testing

@testable import FileTrees
@testable import HostSystem

/// A machine's configuration in a folder.
struct MachineFixture {
    let folder: TemporaryFolder

    init(_ files: [String: String]) throws {
        folder = try TemporaryFolder()
        for (path, text) in files {
            try Files.makeFolder(Files.folder(of: "\(folder.path)/\(path)"))
            try Files.write(text, to: "\(folder.path)/\(path)")
        }
    }

    /// Looks one up, as a user with that command line and environment.
    func base(
        _ archive: String, _ mirrors: [String: String] = [:], _ environment: [String: String] = [:]
    ) throws(HostError) -> String {
        defer { withExtendedLifetime(folder) {} }
        return try locator(mirrors, environment).base(of: archive)
    }

    private func locator(_ mirrors: [String: String] = [:], _ environment: [String: String] = [:]) -> ArchiveLocator {
        var environment = environment
        if environment["HOME"] == nil { environment["HOME"] = "\(folder.path)/home" }
        return ArchiveLocator(mirrors: mirrors, environment: environment, systemRoot: folder.path)
    }
}

@Suite struct ArchiveLocatorTests {
    static let keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"

    static let stanzas = """
        # the machine's own
        Types: deb deb-src
        URIs: http://mirror.example/debian/
        Suites: trixie trixie-updates
        Components: main
        Signed-By: \(keyring)

        Types: deb
        # a comment between fields
        URIs:
         https://first.example/debian-security
         https://second.example/debian-security
        Suites: trixie-security
        Components: main
        """

    /// Files of the machine, archive, what it is found at.
    @Test(arguments: [
        (["etc/apt/sources.list.d/debian.sources": stanzas], "debian", "http://mirror.example/debian"),
        (
            ["etc/apt/sources.list.d/debian.sources": stanzas], "debian-security",
            "https://first.example/debian-security"
        ),
        (
            [
                "etc/apt/sources.list":
                    "deb-src http://s.example/debian x main\ndeb [arch=amd64 signed-by=/k] http://l.example/debian// bookworm main # c"
            ],
            "debian", "http://l.example/debian"
        ),
        // sources.list comes first, then the parts by name.
        (
            [
                "etc/apt/sources.list": "deb http://zero.example/debian trixie main",
                "etc/apt/sources.list.d/a.list": "deb http://one.example/debian trixie main",
            ], "debian", "http://zero.example/debian"
        ),
        (
            [
                "etc/apt/sources.list.d/b.list": "deb http://two.example/debian trixie main",
                "etc/apt/sources.list.d/a.sources": stanzas,
                "etc/apt/sources.list.d/0.list.bak": "deb http://zero.example/debian trixie main",
            ], "debian", "http://mirror.example/debian"
        ),
        // A mirror list, as cloud images have it.
        (
            [
                "etc/apt/sources.list.d/debian.sources":
                    "Types: deb\nURIs: mirror+file:///etc/apt/mirrors/debian.list\nSuites: trixie\nComponents: main\n",
                "etc/apt/mirrors/debian.list":
                    "https://listed.example/debian\tpriority:1\nhttps://other.example/debian\n",
            ], "debian", "https://listed.example/debian"
        ),
        // Named differently: Debian's by its keyring, and told apart by the suites.
        (
            [
                "etc/apt/sources.list":
                    "deb [signed-by=\(keyring)] http://corp.example/mirrors/deb-sec trixie-security main\n"
                    + "deb [signed-by=\(keyring)] http://corp.example/mirrors/deb trixie main"
            ], "debian", "http://corp.example/mirrors/deb"
        ),
        (
            [
                "etc/apt/sources.list":
                    "deb [signed-by=\(keyring)] http://corp.example/mirrors/deb trixie main\n"
                    + "deb [signed-by=\(keyring)] http://corp.example/mirrors/deb-sec bullseye/updates main"
            ], "debian-security", "http://corp.example/mirrors/deb-sec"
        ),
        (
            ["etc/apt/sources.list": "deb http://corp.example/mirror bookworm main"], "debian",
            "http://corp.example/mirror"
        ),
        // A name of the user's own.
        (
            ["etc/apt/sources.list": "deb file:/srv/packages/internal stable main"], "internal",
            "file:///srv/packages/internal"
        ),
        (
            [
                "home/.config/stonebake/mirrors": "# mine\n\n debian = https://mine.example/debian/ \n",
                "etc/apt/sources.list": "deb http://l.example/debian x main",
            ],
            "debian", "https://mine.example/debian"
        ),
        (["etc/pip.conf": "[global]\nindex-url = https://p.example/simple/\n"], "pypi", "https://p.example/simple"),
        (
            [
                "etc/pip.conf": "[global]\nindex-url=https://p.example/simple",
                "home/.config/pip/pip.conf":
                    "# c\n[install]\nindex_url: https://user.example/simple\n[global]\nindex-url=https://g.example/simple",
            ], "pypi", "https://user.example/simple"
        ),
        (
            ["home/.pip/pip.conf": "[global]\nno-index = no\nindex-url = https://old.example/simple"], "pypi",
            "https://old.example/simple"
        ),
    ])
    func `an archive is found where the machine has it`(
        files: [String: String], archive: String, base: String
    ) throws {
        #expect(try MachineFixture(files).base(archive) == base)
    }

    @Test func `the command line comes before all, the environment before pip's files`() throws {
        let machine = try MachineFixture([
            "home/.config/stonebake/mirrors": "debian=https://mine.example/debian\npypi=https://mine.example/simple",
            "other/stonebake/mirrors": "debian=https://other.example/debian",
            "pip.conf": "[global]\nindex-url = https://file.example/simple",
            "etc/pip.conf": "[global]\nindex-url = https://p.example/simple",
        ])
        let given = ["debian": "http://given.example/x/"]
        #expect(try machine.base("debian", given) == "http://given.example/x")
        #expect(try machine.base("pypi", given) == "https://mine.example/simple")
        let environment = ["XDG_CONFIG_HOME": "\(machine.folder.path)/other"]
        #expect(try machine.base("debian", [:], environment) == "https://other.example/debian")
        #expect(try machine.base("pypi", [:], environment) == "https://p.example/simple")
        let file = environment.merging(["PIP_CONFIG_FILE": "\(machine.folder.path)/pip.conf"]) { $1 }
        #expect(try machine.base("pypi", [:], file) == "https://file.example/simple")
        let variable = file.merging(["PIP_INDEX_URL": "https://env.example/simple"]) { $1 }
        #expect(try machine.base("pypi", [:], variable) == "https://env.example/simple")
    }

    @Test(arguments: [
        // Nothing there, disabled, sources only, another name, a transport that downloads cannot read.
        [:], ["etc/apt/sources.list.d/x.sources": "Enabled: no\n\(stanzas)"],
        ["etc/apt/sources.list": "deb-src http://s.example/debian trixie main"],
        ["etc/apt/sources.list": "# deb http://s.example/debian trixie main"],
        ["etc/apt/sources.list": "deb http://s.example/ubuntu noble main"],
        ["etc/apt/sources.list": "deb cdrom:[disc]/debian trixie main"],
        ["etc/apt/sources.list": "deb [signed-by=/usr/share/keyrings/other.gpg] http://s.example/x trixie main"],
    ])
    func `an archive that nobody knows is an error that says how to give one`(files: [String: String]) throws {
        let error = #expect(throws: HostError.self) { try MachineFixture(files).base("debian") }
        #expect(error?.code == .unknownArchive)
        #expect(error?.message == "no mirror is known for the archive 'debian': this machine's apt sources have none")
        #expect(
            error?.hint
                == "give one with --mirror debian=URI, or as a line debian=URI in ~/.config/stonebake/mirrors")
    }

    @Test func `debian-security is not derived from debian`() throws {
        let machine = try MachineFixture(["etc/apt/sources.list": "deb http://m.example/debian trixie main"])
        #expect(throws: HostError.self) { try machine.base("debian-security") }
    }

    @Test(arguments: ["nonsense", "=x", "debian=ftp://x/debian", "debian=", "debian=file:relative"])
    func `a line that is no NAME=URI is an error at its place`(line: String) throws {
        let machine = try MachineFixture(["home/.config/stonebake/mirrors": "# fine\n\(line)\n"])
        let error = #expect(throws: HostError.self) { try machine.base("debian") }
        #expect(error?.message.contains("/home/.config/stonebake/mirrors:2: ") == true, "\(error?.message ?? "")")
        #expect(throws: HostError.self) { try machine.base("debian", ["debian": "ftp://x/debian"]) }
    }

    @Test func `this machine's own apt sources and pip are understood`() throws {
        // Whatever mirror it is: apt's own reading of the sources names the same one.
        let environment = Host.processEnvironment()
        let locator = ArchiveLocator(mirrors: [:], environment: environment)
        let apt = try spawn(["apt-get", "indextargets", "--format", "$(REPO_URI)"], capture: true)
        try #require(apt.status == 0)
        #expect(apt.output.split(separator: "\n").contains("\(try locator.base(of: "debian"))/"))
        let index = try locator.base(of: "pypi")
        #expect(ArchiveLocator.isUsable(index), "\(index)")
    }

    @Test func `pip's default index is read from its help, wherever the lines break`() {
        let help = """
              -i, --index-url <url>       Base URL of the Python Package Index (default
                                          https://index.example/simple). This should point
              --extra-index-url <url>     Extra URLs
            """
        #expect(PipConfiguration.defaultIndex(inHelp: help) == "https://index.example/simple")
        #expect(PipConfiguration.defaultIndex(inHelp: "usage: python3") == nil)
    }

    @Test(arguments: [
        ("deb http://s.example/archive/debian/20250520T000000Z/ trixie main", "http://s.example"),
        ("deb http://s.example/x/archive/debian-security/20250520T000000Z trixie-security main", "http://s.example/x"),
    ])
    func `a snapshot archive is found in an apt source that reads from one`(line: String, base: String) throws {
        let machine = try MachineFixture(["etc/apt/sources.list": line])
        #expect(try machine.base("debian-snapshot") == base)
        #expect(try machine.base("debian-snapshot", ["debian-snapshot": "http://m/"]) == "http://m")
    }

    @Test func `a snapshot archive that nobody knows is an error that says how to give one`() throws {
        let machine = try MachineFixture(["etc/apt/sources.list": "deb http://m.example/debian trixie main"])
        let error = #expect(throws: HostError.self) { try machine.base("debian-snapshot") }
        #expect(error?.code == .unknownArchive)
        #expect(error?.hint?.contains("--mirror debian-snapshot=URI") == true)
    }

    @Test(arguments: ["http://s.example", "http://s.example/", "http://s.example/archive"])
    func `snapshots of an archive are laid out as the snapshot service has them, each date once`(base: String) throws {
        let locator = ArchiveLocator(mirrors: ["debian-snapshot": base], environment: [:], systemRoot: "/nowhere")
        func urls(_ origin: MirrorFolder.Origin, isOffline: Bool = false) throws -> [String] {
            try locator.snapshotLocations(
                of: "pool/a.deb", in: origin, dates: ["20260102T030405Z", "20250102T030405Z", "20260102T030405Z"],
                isOffline: isOffline)
        }
        #expect(
            try urls(.archive("debian-security")) == [
                "http://s.example/archive/debian-security/20260102T030405Z/pool/a.deb",
                "http://s.example/archive/debian-security/20250102T030405Z/pool/a.deb",
            ])
        #expect(try urls(.archive("debian"), isOffline: true).isEmpty)
        // Third parties have none there.
        #expect(try urls(.archive("grafana")).isEmpty)
        #expect(try urls(.uri("http://apt.example/debian")).isEmpty)
    }

    @Test(arguments: [
        (MirrorFolder.Origin.archive("debian"), "debian/pool/a.deb"),
        (.uri("https://user:secret@apt.example.org:8080/x/debian/"), "URI/apt.example.org_8080/x/debian/pool/a.deb"),
        (.uri("file:///srv/../packages"), "URI/srv/packages/pool/a.deb"), (.uri("http://h"), "URI/h/pool/a.deb"),
    ])
    func `a file of a mirror folder lies where its archive or URI says`(
        origin: MirrorFolder.Origin, path: String
    ) throws {
        #expect(MirrorFolder.relativePath(of: "pool/a.deb", in: origin) == path)
        let folder = MirrorFolder(path: "/srv/a b#1?/%ü")
        let url = folder.url(of: path)
        #expect(url.hasPrefix("file:///srv/a%20b%231%3F/%25%C3%BC/"))
        let locator = ArchiveLocator(
            mirrors: ["debian": "http://m/debian"], folders: [folder], environment: [:], systemRoot: "/nowhere")
        #expect(try locator.locations(of: "pool/a.deb", in: origin, isOffline: false).first == url)
        #expect(try locator.locations(of: "pool/a.deb", in: .archive("debian"), isOffline: true).count == 1)
        #expect(try locator.locations(of: "pool/a.deb", in: .archive("nobodys"), isOffline: false).count == 1)
    }
}
