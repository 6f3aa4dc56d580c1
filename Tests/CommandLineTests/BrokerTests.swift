import Foundation
import Testing

/// The broker of the catalogue with its state on a disk of its own: two instances of one image, and the next version of it
/// under the first one's data. The new version is what the broker's own checks are run on.
@Suite(.serialized) struct `The broker appliance` {
    @Test(.timeLimit(.minutes(40)))
    func `makes every instance its own, says what is missing, and keeps its messages under a new version`() async throws
    {
        let scene = try await BrokerScene()
        let (first, second) = (try scene.first(), try scene.second())
        try await scene.checkNotReady(second)
        try await scene.checkMended(second)
        try await first.wait(for: "ready", "stonebake-firstboot --status", seconds: 300)
        let (own, others) = (try scene.identity(of: first), try scene.identity(of: second))
        #expect(own.keys == others.keys && own.count >= 8)
        for (name, value) in own { #expect(value != others[name], "both instances have the same \(name)") }
        // It has shown what the test is about; the other one needs the processors.
        second.end()

        try scene.checkUserData(in: first)
        try await scene.use(first)
        try await scene.checkIdempotency(of: first, identity: own)
        try await first.switchOff(seconds: 300)
        try scene.checkNewVersion(over: first, cookie: own["cookie"] ?? "")
    }
}

/// The two versions of an appliance, built, and what is done with their instances.
private struct BrokerScene {
    /// What YAML, JSON, a shell and systemd take for something else; but no backslash, which RabbitMQ takes out of a
    /// STOMP login itself.
    static let shopPassword = #"p@ss: "word" #1 $HOME ${site} 'x' %n"#
    static let adminPassword = "set on the machine, later"
    static let readerPassword = "given by fw_cfg"
    static let message = "a book that version 1 was asked for"

    let folder: TemporaryFolder
    /// Not that of all tests: two versions of a broker would push the fixture's own results out of it.
    let store: URL
    let images: URL
    let specs: [URL]
    private let text: String

    init() async throws {
        let ready = try await BuildFixture.shared.ready()
        folder = try TemporaryFolder()
        store = try ready.storeCopy(in: folder)
        images = folder.url.appendingPathComponent("Images")
        let broker = ready.spec.deletingLastPathComponent().appendingPathComponent("broker/appliance.yaml").path
        let first = """
            stonebake: 1
            extends: \(broker)
            parameters:
              - {name: site, type: hostname, required: true, description: The name under which it is reached}
            first-boot:
              files: [{path: /etc/broker/site.json, content: '{"site": ${site|json}}', mode: "0644"}]
            disk: {budget: 3 GB, data: {size: 1 GiB}}

            """
        text = first
        specs = [
            try folder.write(first, to: "one/appliance.yaml"),
            try folder.write(first + "version: 2.0.0\n", to: "two/appliance.yaml"),
        ]
        for spec in specs {
            let build = try StonebakeProcess.run(
                "build", spec.path, "--output", images.path, environment: ["STONEBAKE_CACHE": store.path])
            try #require(build.status == 0, "\(build.error)")
        }
    }

    /// What the second version must find, besides the broker's own checks. The passwords are those of the first version's
    /// instance, as a client has them that knows of no new version.
    private static func checks(cookie: String) -> String {
        """
        checks:
          - name: the message that version 1 took is there
            timeout: 3 min
            amqp: {user: shop, password: '\(quoted(shopPassword))', subscribe: {queue: kept}, expect: \(message)}
          - name: the administrator's password is the one that was set last
            timeout: 3 min
            http: {port: 15672, path: /api/whoami, user: admin, password: '\(quoted(adminPassword))', json: {name: admin}}
          - name: a credential from fw_cfg replaces a password that was generated
            timeout: 3 min
            amqp: {user: reader, password: '\(quoted(readerPassword))', vhost: shop}
          - name: what is given now comes before what was given once
            command: {run: cat /etc/broker/site.json, contains: '{"site": "three.example.org"}'}
          - name: the cookie of the data is the node's
            command: {run: sha256sum </var/lib/rabbitmq/.erlang.cookie, contains: '\(cookie)'}
        """
    }

    private static func quoted(_ text: String) -> String { text.replacingOccurrences(of: "'", with: "''") }

    // MARK: Instances

    private func start(_ name: String, _ parameters: [String]) throws -> RunningInstance {
        try RunningInstance(
            name, of: [specs[0].path, "--output", images.path] + parameters,
            keeping: folder.url.appendingPathComponent("\(name).qcow2"), store: store)
    }

    /// With what it needs, in user data.
    func first() throws -> RunningInstance {
        let password = try folder.write(Self.shopPassword, to: "shop-password").path
        return try start(
            "first", ["--parameter", "site=one.example.org", "--parameter-file", "shop-password=\(password)"])
    }

    /// With what is wrong, in systemd's credentials.
    func second() throws -> RunningInstance {
        try start(
            "second",
            ["--parameters-by", "smbios", "--parameter", "site=not a name", "--parameter", "shop-password=little"])
    }

    /// What no two instances may have in common.
    func identity(of instance: RunningInstance) throws -> [String: String] {
        let text = try instance.run(
            """
            echo "machine-id: $(cat /etc/machine-id)"
            for key in /etc/ssh/ssh_host_*_key; do echo "${key##*/}: $(sha256sum <"$key")"; done
            echo "cookie: $(sha256sum </var/lib/rabbitmq/.erlang.cookie)"
            for name in admin-password reader-password; do
                echo "$name: $(stonebake-firstboot --value "$name" | sha256sum)"
            done
            echo "key of the certificate: $(sha256sum </etc/rabbitmq/tls/key.pem)"
            """)
        let pairs = text.split(separator: "\n").map { $0.split(separator: ": ", maxSplits: 1).map(String.init) }
        return Dictionary(uniqueKeysWithValues: pairs.map { ($0[0], $0.count > 1 ? $0[1] : "") })
    }

    // MARK: Facts

    /// The machine tells on its console, in its banner and over HTTP what is wrong, and makes nothing.
    func checkNotReady(_ instance: RunningInstance) async throws {
        try await instance.wait(for: "up", seconds: 600)
        try await instance.wait(for: "not ready", "stonebake-firstboot --status | grep -q not-ready", seconds: 120)
        let problems = ["shop-password: it has fewer than 8 characters", "site: a host name is wanted"]
        let told = problems.map { "***   \($0) (a systemd credential)" }
        for words in ["*** broker 1.0.0 is not ready: 2 problems"] + told {
            #expect(instance.console.contains(words), "the console does not say: \(words)")
        }
        let banner = try instance.run("cat /etc/issue.d/50-stonebake.issue /run/motd.d/50-stonebake")
        for words in ["broker 1.0.0 is NOT READY"] + problems {
            #expect(banner.components(separatedBy: words).count == 3, "banner and message of the day: \(banner)")
        }
        let page = try Tool.run(
            "curl", "--silent", "--show-error", "--max-time", "60", "--write-out", "status %{http_code}",
            "http://127.0.0.1:\(instance.port(15672))/")
        for words in ["status 503", "<b>site</b>: a host name is wanted", "<b>shop-password</b>: it has fewer"] {
            #expect(page.output.contains(words), "the page does not say '\(words)': \(page.output)\(page.error)")
        }
        let left = try instance.run(
            """
            systemctl list-units --failed --plain --no-legend | cut -d ' ' -f 1
            systemctl is-active rabbitmq-server.service
            ls -A /var/lib/stonebake/values /etc/broker 2>/dev/null
            journalctl --boot | grep -F little
            true
            """)
        #expect(
            left == "stonebake-firstboot.service\ninactive\n/var/lib/stonebake/values:\n",
            "with parameters missing there is more than that: \(left)")
    }

    /// The right values, set on the machine: the page goes and the application starts, without a restart of the machine.
    func checkMended(_ instance: RunningInstance) async throws {
        let boot = try instance.run("cat /proc/sys/kernel/random/boot_id")
        // The call comes back when the broker has started, which takes its time.
        try instance.run(
            "nohup stonebake-firstboot site=two.example.org 'shop-password=correct horse' >/run/mend 2>&1 </dev/null &")
        try await instance.wait(for: "ready", "stonebake-firstboot --status", seconds: 120)
        try await instance.wait(
            for: "starting its application", "systemctl is-active rabbitmq-server | grep -E '^(activating|active)'",
            seconds: 60)
        #expect(try instance.run("cat /proc/sys/kernel/random/boot_id") == boot)
        #expect(try instance.run("cat /etc/broker/site.json") == #"{"site": "two.example.org"}"#)
        #expect(try instance.run("systemctl is-active stonebake-page; true") == "inactive\n")
        let secret = try instance.run("stonebake-firstboot --value admin-password")
        #expect(instance.console.contains("***   admin-password: \(secret.dropLast())"), "it is shown on the console")
        #expect(!instance.console.contains("correct horse"), "what was given is no secret of the machine's to show")
    }

    /// cloud-init has nothing against what it was given, nor against what docs/first-boot.md shows.
    func checkUserData(in instance: RunningInstance) throws {
        let page = try String(
            contentsOf: StonebakeProcess.repository.appendingPathComponent("docs/first-boot.md"), encoding: .utf8)
        let form = try #require(page.firstMatch(of: /```text\n(#cloud-config\n.*?)```/.dotMatchesNewlines())?.1)
        #expect(form.contains("/etc/stonebake/parameters.yaml"))
        let schema = try instance.run(
            """
            cat >/run/shown <<'end of the form'
            \(form)end of the form
            cloud-init schema --config-file /run/shown 2>&1
            cloud-init schema --system 2>&1
            """)
        #expect(schema.contains("Valid schema /run/shown"), "\(schema)")
        #expect(schema.contains("Valid schema user-data"), "\(schema)")
        // Without a DNS server, which there is none of here, each of the broker's listeners would wait for one.
        #expect(try instance.run("getent hosts \"$(hostname)\"").hasPrefix("127.0.1.1 "), "it knows its own name")
    }

    /// Writes as a client, and changes a password of a broker that runs.
    func use(_ instance: RunningInstance) async throws {
        let old = try instance.run("stonebake-firstboot --value admin-password")
        try await waitForBroker(instance)
        let shop = #"{"properties": {"delivery_mode": 2}, "routing_key": "kept", "payload": "\#(Self.message)", "#
        let admin = ["admin:\(old.dropLast())"]
        #expect(try request(instance, admin + ["PUT", "queues/%2F/kept", #"{"durable": true}"#]) == "201")
        #expect(
            try request(
                instance,
                admin + ["POST", "exchanges/%2F/amq.default/publish", shop + #""payload_encoding": "string"}"#])
                == "200")
        try instance.run("stonebake-firstboot 'admin-password=\(Self.adminPassword)'", seconds: 600)
        #expect(try request(instance, ["admin:\(old.dropLast())", "GET", "whoami"]) == "401", "the old password")
        #expect(try request(instance, ["admin:\(Self.adminPassword)", "GET", "whoami"]) == "200", "the new password")
    }

    private func waitForBroker(_ instance: RunningInstance) async throws {
        try await instance.wait(
            for: "running its broker", "test \"$(systemctl is-active rabbitmq-server)\" = active", seconds: 900)
    }

    /// The status of a request to the management interface: USER:PASSWORD, method, path, body.
    private func request(_ instance: RunningInstance, _ words: [String]) throws -> String {
        let body = words.count > 3 ? ["--header", "Content-Type: application/json", "--data", words[3]] : []
        let run = try Tool.run(
            [
                "curl", "--silent", "--show-error", "--max-time", "120", "--output", "/dev/null", "--write-out",
                "%{http_code}", "--user", words[0], "--request", words[1],
            ] + body + ["http://127.0.0.1:\(instance.port(15672))/api/\(words[2])"], in: folder.url)
        return run.output + run.error
    }

    /// A second run finds nothing to do, and a restart of the machine neither.
    func checkIdempotency(of instance: RunningInstance, identity: [String: String]) async throws {
        // Digest, time, mode and owner of each file that any part of the system might have written.
        let files = """
            find /etc /usr/local /var/lib/stonebake /var/lib/rabbitmq/.erlang.cookie -type f \
                -printf '%p %T@ %m %U:%G ' -exec sha256sum {} ';' | sort
            """
        let before = try instance.run(files)
        let process = try instance.run("systemctl show --property MainPID rabbitmq-server")
        try instance.run("stonebake-firstboot")
        #expect(changes(before, try instance.run(files)) == [], "a second run of stonebake-firstboot changes files")
        #expect(
            try instance.run("systemctl show --property MainPID rabbitmq-server") == process,
            "a second run of stonebake-firstboot starts the application anew")
        let shown = instance.console.components(separatedBy: "has made these secrets").count
        try await instance.restart(seconds: 900)
        try await instance.wait(for: "ready again", "stonebake-firstboot --status", seconds: 300)
        #expect(changes(before, try instance.run(files)) == [], "a restart changes files")
        var now = try self.identity(of: instance)
        // This one was set since.
        now["admin-password"] = identity["admin-password"]
        #expect(now == identity, "a restart changes who the instance is")
        #expect(
            instance.console.components(separatedBy: "has made these secrets").count == shown,
            "secrets are shown a second time")
    }

    private func changes(_ before: String, _ after: String) -> [String] {
        Set(before.split(separator: "\n")).symmetricDifference(after.split(separator: "\n")).sorted().map(String.init)
    }

    /// The second version's system disk under the first one's data, with parameters by the third way.
    func checkNewVersion(over instance: RunningInstance, cookie: String) throws {
        let checked = try folder.write(
            text + "version: 2.0.0\n" + Self.checks(cookie: cookie), to: "two/appliance.yaml")
        let run = try StonebakeProcess.run(
            "test", checked.path, "--output", images.path, "--disk", instance.dataDisk.path, "--parameters-by",
            "fw-cfg",
            "--parameter", "site=three.example.org", "--parameter", "reader-password=\(Self.readerPassword)",
            environment: ["STONEBAKE_CACHE": store.path])
        #expect(run.status == 0, "\(run.output)\(run.error)")
    }
}
