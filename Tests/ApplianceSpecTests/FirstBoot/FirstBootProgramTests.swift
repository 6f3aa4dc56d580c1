import Diagnostics
import Foundation
import Testing

@testable import ApplianceSpec

/// A folder that stands for an instance's root, and stonebake-firstboot run in it by this machine's Python.
struct InstanceFolder {
    let workspace: Workspace
    var root: String { workspace.path }

    init(_ spec: String) throws {
        workspace = try Workspace()
        let appliance = try appliance(minimal(spec))
        for file in appliance.files where file.path.value.hasPrefix("/usr/local/") {
            guard case .text(let text) = file.content else { continue }
            let path = String(file.path.value.dropFirst())
            // Scripts run by their paths in the image.
            try workspace.write(
                path,
                Data(text.replacingOccurrences(of: "\"/usr/local/lib", with: "\"\(workspace.path)/usr/local/lib").utf8))
        }
        try workspace.write("dev/ttyS0", Data())
        try workspace.write("sys/class/tty/console/active", Data("ttyS0\n".utf8))
    }

    /// - Parameter input: what is typed.
    func run(_ arguments: String..., input: String = "") throws -> (status: Int32, output: String, errors: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments =
            ["\(repository)/Sources/ApplianceSpec/FirstBoot/Programs/firstboot.py", "--root", root] + arguments
        let (standardInput, output, errors) = (Pipe(), Pipe(), Pipe())
        process.standardInput = standardInput
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        try standardInput.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try standardInput.fileHandleForWriting.close()
        // Less than a pipe holds.
        process.waitUntilExit()
        func text(_ pipe: Pipe) throws -> String {
            String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        }
        return (process.terminationStatus, try text(output), try text(errors))
    }

    func text(_ path: String) throws -> String { try String(contentsOfFile: root + path, encoding: .utf8) }

    func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: root + path) }

    func give(_ yaml: String) throws { try workspace.write("etc/stonebake/parameters.yaml", Data(yaml.utf8)) }

    func mode(_ path: String) throws -> Int {
        try #require(FileManager.default.attributesOfItem(atPath: root + path)[.posixPermissions] as? Int)
    }

    /// What is there, with the times of its last change.
    func snapshot() throws -> [String: Date] {
        var found: [String: Date] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: root)
        where !name.hasSuffix("run/stonebake/lock") {
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(root)/\(name)")
            if attributes[.type] as? FileAttributeType == .typeRegular {
                found[name] = attributes[.modificationDate] as? Date
            }
        }
        return found
    }
}

/// `stonebake-firstboot` outside of a machine.
@Suite struct FirstBootProgramTests {
    static let spec = #"""
        parameters:
          - {name: site, type: hostname, required: true, description: Its name}
          - {name: admin-password, type: password, description: Of the administrator}
          - {name: key, type: password, min-length: 50, show: false}
          - {name: workers, type: integer, min: 1, max: 64, default: 4}
          - {name: debug, type: boolean, default: false}
        first-boot:
          environment: [{path: /etc/shop/environment, parameters: [site, admin-password, debug], mode: "0640"}]
          files:
            - {path: /etc/shop/site.json, content: '{"site": ${site|json}, "raw": "$${site}", "n": ${workers}}', mode: "0644"}
          scripts: [{name: once, run: 'echo "$SITE $ADMIN_PASSWORD" >>$OUT'}]
          units: [shop.service]
          page-ports: [80]
        every-boot:
          scripts: [{name: always, run: 'exit ${FAIL:-0}'}]
        """#

    private func instance() throws -> InstanceFolder {
        let spec = Self.spec
        let instance = try InstanceFolder(spec)
        let path = "usr/local/lib/stonebake/first-boot.d/once"
        let script = try instance.text("/" + path).replacingOccurrences(of: "$OUT", with: "\(instance.root)/out")
        try instance.workspace.write(path, Data(script.utf8))
        return instance
    }

    @Test func `without what is required it is not ready, and says so`() throws {
        let instance = try instance()
        let result = try instance.run("--boot")
        #expect(result.status == 1)
        #expect(result.errors.contains("site: it is missing: Its name"))
        #expect(try instance.text("/run/stonebake/issue").contains("a 1.0.0 is NOT READY\n  site: it is missing"))
        #expect(try instance.text("/run/stonebake/issue").contains("address: \\4"))
        #expect(try instance.text("/run/motd.d/50-stonebake").contains("site: it is missing"))
        #expect(try instance.text("/dev/ttyS0").contains("*** a 1.0.0 is not ready: 1 problem"))
        #expect(!instance.exists("/run/stonebake/ready") && !instance.exists("/etc/shop") && !instance.exists("/out"))
        #expect(try instance.run("--status").status == 1)
        // Nothing is made before all is right.
        #expect(!instance.exists("/var/lib/stonebake/values/values.json"))
    }

    @Test func `several wrong values are told at once, with where they come from`() throws {
        let instance = try instance()
        try instance.give("site: not a name\nworkers: 65\nworkrs: 3\ndebug: [true]\n")
        try instance.workspace.write("run/credentials/@system/stonebake.colour", Data("red".utf8))
        let errors = try instance.run("--boot").errors
        for words in [
            "4 problems", "site: a host name is wanted (/etc/stonebake/parameters.yaml)",
            "workers: it is more than 64", "workrs: this appliance has no such parameter; did you mean 'workers'?",
            "debug: one value is wanted, not a list or map", "colour: this appliance has no such parameter",
        ] where words != "4 problems" {
            #expect(errors.contains(words), "\(words): \(errors)")
        }
        #expect(errors.contains("5 problems"))
    }

    @Test func `a file that is no YAML is shown with its line`() throws {
        let instance = try instance()
        try instance.give("site: ok.example\nworkers: [1\n")
        #expect(try instance.run("--boot").errors.contains("this is not YAML"))
        try instance.give("- site\n")
        #expect(try instance.run("--boot").errors.contains("lines of 'NAME: VALUE' are wanted"))
    }

    @Test func `values reach files and scripts, secrets are generated and shown once on the console`() throws {
        let instance = try instance()
        try instance.give("site: shop.example.org\ndebug: yes\nworkers: 0012\n")
        let result = try instance.run("--boot")
        #expect(result.status == 0, "\(result.errors)")
        let environment = try instance.text("/etc/shop/environment")
        let password = try #require(environment.firstMatch(of: /ADMIN_PASSWORD="([A-Za-z0-9]{24})"/)).1
        #expect(environment.contains("SITE=\"shop.example.org\"\n") && environment.contains("DEBUG=\"true\""))
        #expect(!environment.contains("KEY="))
        #expect(try instance.mode("/etc/shop/environment") == 0o640)
        #expect(
            try instance.text("/etc/shop/site.json") == #"{"site": "shop.example.org", "raw": "${site}", "n": 0012}"#)
        #expect(try instance.text("/out") == "shop.example.org \(password)\n")
        let console = try instance.text("/dev/ttyS0")
        #expect(console.contains("admin-password: \(password)") && !console.contains("  key:"))
        // The journal gets what is printed.
        #expect(!(result.output + result.errors).contains(password))
        #expect(try instance.mode("/var/lib/stonebake/values/values.json") == 0o600)
        #expect(try instance.mode("/etc/stonebake/parameters.yaml") == 0o600)
        #expect(try instance.text("/run/stonebake/issue").hasPrefix("a 1.0.0 is ready\n"))
        #expect(try instance.run("--status").status == 0)
        #expect(try instance.run("--value", "admin-password").output == "\(password)\n")
        #expect(try !instance.run("--list").output.contains(password))

        try Data().write(to: URL(filePath: instance.root + "/dev/ttyS0"))
        let before = try instance.snapshot()
        #expect(try instance.run("--boot").status == 0)
        #expect(try instance.snapshot() == before, "a second run changes nothing")
        #expect(try instance.text("/dev/ttyS0") == "")

        // A reboot empties /run; a new system disk has its first boot again, and the data's secrets are the same.
        try FileManager.default.removeItem(atPath: instance.root + "/run")
        try FileManager.default.removeItem(atPath: instance.root + "/etc")
        #expect(try instance.run("--boot").status == 0)
        #expect(try instance.text("/etc/shop/environment") == environment)
        #expect(try instance.text("/out") == "shop.example.org \(password)\n")
        try FileManager.default.removeItem(atPath: instance.root + "/var/lib/stonebake/state.json")
        #expect(try instance.run("--boot").status == 0)
        #expect(try instance.text("/out").split(separator: "\n").count == 2)
    }

    @Test func `two instances have different secrets`() throws {
        let passwords = try (0..<2).map { _ in
            let instance = try instance()
            _ = try instance.run("site=shop.example.org")
            return try instance.run("--value", "admin-password").output + instance.run("--value", "key").output
        }
        #expect(passwords[0] != passwords[1])
        #expect(passwords[0].count == 24 + 50 + 2)
    }

    @Test func `credentials, a call and the file: the file wins, a call writes into it`() throws {
        let instance = try instance()
        try instance.workspace.write("run/credentials/@system/stonebake.site", Data("smbios.example.org\n".utf8))
        #expect(try instance.run("--boot").status == 0)
        #expect(try instance.run("--value", "site").output == "smbios.example.org\n")
        let wrong = try instance.run("site=..", "workers=0")
        #expect(wrong.status == 1 && wrong.errors.contains("site:") && wrong.errors.contains("workers:"))
        #expect(!instance.exists("/etc/stonebake/parameters.yaml"))
        #expect(try instance.run("--value", "site").output == "smbios.example.org\n")
        try instance.workspace.write("secret", Data("p@ss: \"word\" #1\n".utf8))
        #expect(
            try instance.run("admin-password=@\(instance.root)/secret", "site", input: "typed.example.org\n").status
                == 0)
        #expect(try instance.run("--value", "admin-password").output == "p@ss: \"word\" #1\n")
        #expect(try instance.text("/etc/shop/environment").contains(#"ADMIN_PASSWORD="p@ss: \"word\" #1""#))
        #expect(try instance.run("--value", "site").output == "typed.example.org\n")
        // What a credential gave is remembered when it does not come again.
        try FileManager.default.removeItem(atPath: instance.root + "/run/credentials")
        try FileManager.default.removeItem(atPath: instance.root + "/etc/stonebake/parameters.yaml")
        #expect(try instance.run("--boot").status == 0)
        #expect(try instance.run("--value", "site").output == "typed.example.org\n")
    }

    @Test func `a script that fails keeps the application from starting, and is tried again`() throws {
        let instance = try instance()
        let path = "usr/local/lib/stonebake/every-boot.d/always"
        try instance.workspace.write(path, Data("echo $ADMIN_PASSWORD; exit 3\n".utf8))
        let failed = try instance.run("site=a.example")
        #expect(failed.status == 1)
        #expect(failed.errors.contains("the every boot script always ended with status 3"))
        #expect(failed.output.contains("always: …"))
        #expect(!instance.exists("/run/stonebake/ready"))
        try instance.workspace.write(path, Data("exit 0\n".utf8))
        #expect(try instance.run("--boot").status == 0)
        #expect(try instance.text("/out").split(separator: "\n").count == 1)
        #expect(try instance.run("--again", "once").status == 0)
        #expect(try instance.text("/out").split(separator: "\n").count == 2)
    }

    @Test func `scripts run again when a value that they are for has changed, and know which one`() throws {
        let spec = """
            parameters:
              - {name: site, type: hostname, default: one.example}
              - {name: admin-password, type: password}
            first-boot:
              scripts:
                - {name: once, run: 'echo "once <$STONEBAKE_CHANGED>" >>$OUT'}
                - {name: account, run: 'echo "account <$STONEBAKE_CHANGED>" >>$OUT', when-changed: [admin-password]}
              units: [shop.service]
            every-boot:
              scripts:
                - {name: any, run: 'echo "any <$STONEBAKE_CHANGED>" >>$OUT'}
                - {name: site, run: 'echo "site <$STONEBAKE_CHANGED>" >>$OUT', when-changed: [site]}
            """
        let instance = try InstanceFolder(spec)
        for path in ["first-boot.d/once", "first-boot.d/account", "every-boot.d/any", "every-boot.d/site"] {
            let script = try instance.text("/usr/local/lib/stonebake/\(path)")
            try instance.workspace.write(
                "usr/local/lib/stonebake/\(path)",
                Data(script.replacingOccurrences(of: "$OUT", with: "\(instance.root)/out").utf8))
        }
        func ran(_ arguments: String...) throws -> [String] {
            try instance.workspace.write("out", Data())
            for argument in arguments.isEmpty ? ["--boot"] : arguments {
                #expect(try instance.run(argument).status == 0)
            }
            return try instance.text("/out").split(separator: "\n").map(String.init)
        }
        #expect(try ran() == ["once <>", "account <>", "any <>", "site <>"])
        #expect(try ran() == [])
        #expect(try ran("site=two.example") == ["any <site>", "site <site>"])
        #expect(try ran("admin-password=long enough") == ["account <admin-password site>", "any <admin-password>"])
        #expect(try ran("admin-password=long enough") == [])
        // A restart of the machine.
        try FileManager.default.removeItem(atPath: instance.root + "/run")
        #expect(try ran() == ["any <>", "site <admin-password>"])
        // A new system disk under the data, with another password at once.
        try FileManager.default.removeItem(atPath: instance.root + "/run")
        try FileManager.default.removeItem(atPath: instance.root + "/var/lib/stonebake/state.json")
        let all = try ran("admin-password=another one")
        #expect(
            all == [
                "once <admin-password site>", "account <admin-password>", "any <admin-password>",
                "site <admin-password>",
            ])
    }

    /// The image judges in Python what the spec's compiler judges in Swift.
    @Test func `both judge values alike`() throws {
        let values = [
            "", " ", "1", "-1", "0", "65", "65535", "65536", "99999999999999999999", "١", "1.5", "true", "yes", "false",
            "a", "a.b", "-a.b", "a_b", "a b", "a\nb", "a@b", "a@b.c", "@b", "a@-b", "http://a", "https://a/b?c",
            "ftp://a", "http://", "1.2.3.4", "1.2.3", "01.2.3.4", "::1", "1::2::3", "fe80::1%eth0", "::ffff:1.2.3.4",
            "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:9", ":::", "ABC", "ABCD", "small", "é",
            String(repeating: "x", count: 1025),
        ]
        var lines = ["parameters:"]
        for kind in Parameter.Kind.allCases {
            let more =
                switch kind {
                case .choice: ", choices: [small, large]"
                case .integer: ", min: -1, max: 64"
                default: ""
                }
            lines.append("  - {name: of-\(kind.rawValue), type: \(kind.rawValue), required: true\(more)}")
        }
        lines.append("  - {name: of-pattern, pattern: '[A-Z]{3}|é', required: true, max-length: 3}")
        lines.append("first-boot: {units: [a.service]}")
        let spec = lines.joined(separator: "\n")
        let appliance = try appliance(minimal(spec))
        let record = FirstBootExpansion(appliance: appliance).record
        let program = """
            import importlib.util, json, sys
            spec = importlib.util.spec_from_file_location("firstboot", sys.argv[1])
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            order = json.load(sys.stdin)
            print(json.dumps([[module.judge(p, v) for v in order["values"]] for p in order["record"]["parameters"]]))
            """
        let order = "{\"values\": \(try json(values)), \"record\": \(record)}"
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = ["-c", program, "\(repository)/Sources/ApplianceSpec/FirstBoot/Programs/firstboot.py"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(order.utf8))
        try input.fileHandleForWriting.close()
        let answer = try JSONDecoder().decode([[String?]].self, from: output.fileHandleForReading.readToEnd() ?? Data())
        process.waitUntilExit()
        #expect(answer.count == appliance.parameters.count)
        for (parameter, problems) in zip(appliance.parameters, answer) {
            for (value, problem) in zip(values, problems) {
                #expect(
                    ParameterRule(parameter).problem(with: value) == problem, "\(parameter.name.value): '\(value)'")
            }
        }
    }

    private func json(_ values: [String]) throws -> String {
        String(decoding: try JSONEncoder().encode(values), as: UTF8.self)
    }
}
