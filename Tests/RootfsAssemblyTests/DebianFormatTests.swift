import HostSystem
import Testing

@testable import FileTrees
@testable import RootfsAssembly
@testable import SandboxInside

@Suite struct DebianFormatTests {
    /// dpkg is the judge.
    @Test func `versions are ordered as dpkg orders them`() async throws {
        let versions = [
            "1.0", "1.0-1", "1.0~rc1", "1.0~rc1-1", "1:0.1", "0", "1.0+deb13u1", "1.0+b1", "1.10", "1.9", "1.09", "1a",
            "1.a",
            "2.41-12+deb13u4", "2.41-12", "6.5+20250216-2", "1.0-1~bpo12+1", "3.5.7-1~deb13u3", "1.0.", "1~~", "1~",
        ]
        var script = ""
        for left in versions {
            for right in versions {
                for (name, sign) in [("lt", "<"), ("eq", "="), ("gt", ">")] {
                    script += "dpkg --compare-versions \(left) \(name) \(right) 2>/dev/null && printf '%s' '\(sign)'\n"
                }
                script += "echo\n"
            }
        }
        let command = Command("/bin/sh", ["-s"]).with {
            $0.input = .text(script)
            $0.output = .capture(limit: 1 << 20)
        }
        let answers = try await CommandRunner(progress: .silent).run(command).text.split(
            separator: "\n", omittingEmptySubsequences: false)
        for (row, left) in versions.enumerated() {
            for (column, right) in versions.enumerated() {
                let order = DebianVersion.compare(left, right)
                let sign = order < 0 ? "<" : order == 0 ? "=" : ">"
                #expect(answers[row * versions.count + column] == sign, "\(left) and \(right)")
            }
        }
    }

    @Test func `a control stanza keeps its fields, their order and their continuation lines`() {
        let text = "Package: a\nDescription: short\n long\n .\n longer\nX-Empty:\nDepends: b (>= 1), c | d\n"
        let stanza = ControlStanza("\n" + text + "\nPackage: second\n")
        #expect(stanza.text == text)
        #expect(stanza["depends"] == "b (>= 1), c | d")
        #expect(ControlStanza.stanzas("Package: a\n\n\nPackage: b\nX: 1\n").map { $0["Package"] } == ["a", "b"])
    }

    @Test(arguments: [
        ("libc6 (>= 2.38)", "libc6", ">=", "2.38"), ("python3:any", "python3", nil, nil),
        ("a (<<2)", "a", "<<", "2"), ("b [amd64]", "b", nil, nil),
    ])
    func `a relation has a name and perhaps a version`(
        text: String, name: String, comparison: String?, version: String?
    ) throws {
        let relation = try #require(Relation(text))
        #expect(relation.name == name)
        #expect(relation.comparison == comparison)
        #expect(relation.version == version)
    }

    @Test func `Essential packages and what they need come first, Pre-Depends of scripts before them`() {
        func package(_ name: String, _ fields: [String: String], preinst: Bool = false) -> ControlFiles {
            let text = (["Package": name].merging(fields) { $1 }).map { "\($0.key): \($0.value)\n" }.joined()
            return ControlFiles(
                name: name, version: "1", architecture: "all", stanza: ControlStanza(text),
                files: preinst ? ["preinst": []] : [:])
        }
        let packages = [
            package("app", ["Depends": "tool", "Pre-Depends": "helper"], preinst: true),
            package("dash", ["Essential": "yes", "Depends": "libc6"]),
            package("helper", ["Depends": "helper-data | other", "Provides": "help"]),
            package("helper-data", [:]), package("libc6", [:]),
            package("plain", ["Pre-Depends": "help"]), package("tool", ["Depends": "app"]),
            package("late", ["Pre-Depends": "app"], preinst: true),
        ]
        let order = InstallOrder(packages)
        let waves = order.waves(bootstrap: true).map { $0.map { packages[$0].name } }
        #expect(
            waves.map { $0.sorted() } == [
                ["dash", "libc6"], ["helper", "helper-data", "plain", "tool"], ["app"], ["late"],
            ])
        #expect(waves[0] == ["libc6", "dash"])
        let needed = order.neededConfigured(before: 0).map { packages[$0].name }.sorted()
        #expect(needed == ["helper", "helper-data"])
        #expect(order.waves(bootstrap: false).first?.contains(1) == true)
    }

    @Test func `who owns a file does not depend on who comes first`() throws {
        func owner(_ name: String, _ order: Int, replaces: String? = nil) -> FileClaims.Owner {
            .init(
                name: name, version: "1", replaces: Relation.groups(replaces).flatMap { $0 }, isMultiArchSame: false,
                order: order)
        }
        let (old, new) = (owner("old", 0), owner("new", 1, replaces: "old (<< 2)"))
        for pair in [[old, new], [new, old]] {
            let claims = FileClaims()
            let decisions = try pair.map { ($0.name, try claims.claim("lib/x", for: $0)) }
            #expect(decisions.contains { $0.0 == "new" && $0.1 == .extract })
            #expect(claims.lost(by: "old") == ["lib/x"])
            #expect(claims.lost(by: "new").isEmpty)
        }
        let claims = FileClaims(installed: ["usr/lib/x": owner("installed", -1)])
        let error = #expect(throws: HostError.self) { try claims.claim("lib/x", for: old) }
        #expect(error?.message == "package old 1 would overwrite '/lib/x', which package installed 1 has too")
    }

    @Test func `diversions and overrides say where a file goes and whose it is`() {
        let rules = PathRules(
            diversions: "/bin/a\n/bin/a.real\nother\n/bin/b\n/bin/b.local\n:\n",
            overrides: "root shadow 2755 /usr/bin/x\n#7 #8 0600 /etc/with space\n")
        #expect(rules.destination(of: "bin/a", package: "some") == "bin/a.real")
        #expect(rules.destination(of: "bin/a", package: "other") == "bin/a")
        #expect(rules.destination(of: "bin/b", package: "other") == "bin/b.local")
        #expect(rules.override(of: "usr/bin/x")?.mode == 0o2755)
        #expect(rules.override(of: "etc/with space")?.user == "#7")
        let owners = OwnerNames(passwd: "root:x:0:0::/root:\nweb:x:33:34::/:\n", group: "shadow:x:42:\n")
        #expect(owners.group(named: "shadow") == 42)
        #expect(owners.user(named: "#7") == 7)
        #expect(owners.user("web", 1000) == 33)
        #expect(owners.user("unknown", 1000) == 1000)
        #expect(owners.primaryGroup(of: "web") == 34)
    }
}
