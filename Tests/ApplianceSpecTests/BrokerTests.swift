import Diagnostics
import Foundation
import Testing

@testable import ApplianceSpec

/// `application: broker`: what it expands to, and each message with its place.
@Suite struct BrokerTests {
    private func broker(_ text: String, release: String = "trixie") throws -> Appliance {
        try appliance(
            minimal("application:\n  broker: \(text)\n").replacingOccurrences(of: "trixie", with: release))
    }

    private func text(_ path: String, of appliance: Appliance) throws -> String {
        let file = try #require(appliance.files.first { $0.path.value == path }, "\(path)")
        guard case .text(let text) = file.content else { throw CocoaError(.fileReadUnknown) }
        return text
    }

    /// The definitions as JSON, each password replaced by the name of its parameter.
    private func definitions(of appliance: Appliance) throws -> [String: [[String: String]]] {
        let template = try #require(
            appliance.firstBoot.work.templates.first { $0.path.value == "/etc/rabbitmq/definitions.json" })
        #expect(template.mode == 0o640 && template.owner == "root:rabbitmq")
        let text = template.text.replacing(/\$\{([a-z-]+)\|json\}/) { "\"\($0.output.1)\"" }
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: [[String: Any]]]
        return try #require(object).mapValues { $0.map { $0.compactMapValues { $0 as? String } } }
    }

    @Test func `without a key there is one administrator, every protocol and TLS`() throws {
        let appliance = try broker("{}")
        let ports = [5672, 61613, 1883, 15672, 15674, 5671, 61614, 8883, 15671, 15673]
        #expect(ports.allSatisfy(appliance.ports.contains))
        #expect(appliance.application?.port == 15672)
        #expect(
            try text("/etc/rabbitmq/enabled_plugins", of: appliance)
                == "[rabbitmq_stomp,rabbitmq_mqtt,rabbitmq_management,rabbitmq_web_stomp].\n")
        #expect(appliance.parameters.map(\.name.value) == ["admin-password", "tls-certificate", "tls-key"])
        #expect(appliance.parameters[0].isGenerated && appliance.parameters[0].isSecret)
        #expect(
            try definitions(of: appliance)["users"] == [
                ["name": "admin", "password": "admin-password", "tags": "administrator"]
            ])
        #expect(appliance.firstBoot.work.dataFolders.map(\.value) == ["/var/lib/rabbitmq"])
        #expect(appliance.firstBoot.work.units.map(\.value) == ["rabbitmq-server.service"])
        #expect(appliance.scripts.contains { $0.text.contains("rm -rf /var/lib/rabbitmq/.erlang.cookie") })
    }

    @Test func `users, permissions, virtual hosts and queues become definitions`() throws {
        let appliance = try broker(
            """

                users:
                  - {name: ada, tags: [monitoring, management]}
                  - {name: bob, permissions: [{virtual-host: shop, read: 'a\\.b"c'}]}
                virtual-hosts: [shop]
                queues: [{name: orders, virtual-host: shop}, {name: orders}]
            """)
        let all = try definitions(of: appliance)
        #expect(all["vhosts"] == [["name": "/"], ["name": "shop"]])
        #expect(all["users"]?[0]["tags"] == "monitoring,management")
        #expect(
            all["permissions"] == [
                ["user": "ada", "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"],
                ["user": "ada", "vhost": "shop", "configure": ".*", "write": ".*", "read": ".*"],
                ["user": "bob", "vhost": "shop", "configure": "", "write": "", "read": #"a\.b"c"#],
            ])
        #expect(all["queues"]?.map { [$0["name"], $0["vhost"]] } == [["orders", "shop"], ["orders", "/"]])
        #expect(appliance.parameters.map(\.name.value).prefix(2) == ["ada-password", "bob-password"])
    }

    @Test func `TLS alone leaves no plain port, and none leaves no certificate`() throws {
        let only = try broker("{tls: only, protocols: [stomp, web-stomp, management]}")
        #expect(Set(only.ports) == [22, 5671, 61614, 15673, 15671])
        let configuration = try text("/etc/rabbitmq/rabbitmq.conf", of: only)
        for line in ["listeners.tcp = none", "stomp.listeners.tcp = none", "web_stomp.tcp.ip = 127.0.0.1"] {
            #expect(configuration.contains("\n\(line)\n"), "\(line)")
        }
        #expect(!configuration.contains("management.tcp"))
        let none = try broker("{tls: none, protocols: []}")
        #expect(Set(none.ports) == [22, 5672])
        #expect(none.parameters.map(\.name.value) == ["admin-password"])
        #expect(!(try text("/etc/rabbitmq/rabbitmq.conf", of: none)).contains("ssl"))
    }

    @Test func `Debian 12's broker has AMQP 1.0 as a plug-in`() throws {
        let old = try broker("{protocols: [mqtt]}", release: "bookworm")
        #expect(try text("/etc/rabbitmq/enabled_plugins", of: old) == "[rabbitmq_amqp1_0,rabbitmq_mqtt].\n")
        #expect(try text("/etc/rabbitmq/rabbitmq.conf", of: old).contains("mqtt.allow_anonymous = false"))
        let new = try broker("{protocols: [mqtt]}")
        #expect(try text("/etc/rabbitmq/rabbitmq.conf", of: new).contains("anonymous_login_user = none"))
    }

    @Test(arguments: [
        ("{users: [{name: guest}]}", "guest-user", "6:27"),
        ("{users: [{name: a}, {name: a}]}", "duplicate-user", "6:38"),
        ("{users: []}", "empty-list", "6:19"),
        ("{users: [{name: A}]}", "bad-parameter-name", "6:27"),
        (
            "{users: [{name: a, permissions: [{virtual-host: shpo}]}], virtual-hosts: [shop]}", "unknown-virtual-host",
            "6:59"
        ),
        ("{users: [{name: a, permissions: [{read: a}, {read: b}]}]}", "duplicate-permission", "6:56"),
        ("{queues: [{name: q, virtual-host: shop}]}", "unknown-virtual-host", "6:45"),
        ("{queues: [{name: q}, {name: q}]}", "duplicate-queue", "6:39"),
        ("{plugins: [rabbitmq_stomp]}", "conflicting-keys", "6:22"),
        ("{protocols: [amqp]}", "unknown-value", "6:24"),
        ("{tls: yes}", "unknown-value", "6:17"),
        ("{users: [{name: a, permissions: [{read: '['}]}]}", "bad-pattern", "6:51"),
    ])
    func `what is wrong is told at its place`(keys: String, code: String, place: String) throws {
        let workspace = try Workspace([:])
        try workspace.write("a.yaml", Data(minimal("application:\n  broker: \(keys)\n").utf8))
        let errors = workspace.compile().report.sorted.filter { $0.severity == .error }
        #expect(errors.map(\.code) == [code])
        #expect(errors.first?.range.map { "\($0.start.line):\($0.start.column)" } == place)
    }

    /// Right for PCRE, which RabbitMQ has.
    @Test(arguments: ["^(?<!x)orders", "(?R)?a", "^a\\b|[[:alnum:]]+", "(?>a)b", ""])
    func `a pattern of a permission is never refused for what only RabbitMQ understands`(pattern: String) throws {
        let workspace = try Workspace([:])
        let keys = "{users: [{name: a, permissions: [{read: '\(pattern)'}]}]}"
        try workspace.write("a.yaml", Data(minimal("application:\n  broker: \(keys)\n").utf8))
        let report = workspace.compile().report.sorted
        #expect(report.allSatisfy { $0.severity != .error }, "\(report)")
    }

    @Test func `a plug-in that RabbitMQ does not bring is warned of, with the one that may be meant`() throws {
        let shown = try terminalText(
            minimal("application:\n  broker: {plugins: [rabbitmq_shovl, shovel, rabbitmq_prometheus, my_own]}\n"))
        #expect(
            shown == """
                a.yaml:6:22: warning: Debian's RabbitMQ brings no plug-in 'rabbitmq_shovl', and does not start without it [unknown-plugin]
                   6 |   broker: {plugins: [rabbitmq_shovl, shovel, rabbitmq_prometheus, my_own]}
                     |                      ^~~~~~~~~~~~~~
                  hint: did you mean 'rabbitmq_shovel'?

                a.yaml:6:38: warning: Debian's RabbitMQ brings no plug-in 'shovel', and does not start without it [unknown-plugin]
                   6 |   broker: {plugins: [rabbitmq_shovl, shovel, rabbitmq_prometheus, my_own]}
                     |                                      ^~~~~~
                  hint: did you mean 'rabbitmq_shovel'?

                a.yaml:6:67: warning: Debian's RabbitMQ brings no plug-in 'my_own', and does not start without it [unknown-plugin]
                   6 |   broker: {plugins: [rabbitmq_shovl, shovel, rabbitmq_prometheus, my_own]}
                     |                                                                   ^~~~~~
                  hint: put its .ez file into /usr/lib/rabbitmq/plugins with 'files'

                """)
    }
}
