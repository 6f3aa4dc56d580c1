/// One thing wrong in each: the error's code and place, and whether one file alone shows it (then the JSON Schema has
/// to refuse it too) or only its meaning (then the schema cannot know).
struct BrokenSpec {
    var spec: String
    var code: String
    /// `line:column`.
    var place: String
    var isStructural: Bool
}

enum BrokenSpecs {
    /// Each is added to the minimal spec, so its first line is line 5.
    static let all: [BrokenSpec] =
        structural.map { BrokenSpec(spec: minimal($0), code: $1, place: $2, isStructural: true) }
        + semantic.map { BrokenSpec(spec: minimal($0), code: $1, place: $2, isStructural: false) } + heads

    private static let structural: [(String, String, String)] = [
        ("packges: {}\n", "unknown-key", "5:1"),
        ("packages: {instal: [vim]}\n", "unknown-key", "5:12"),
        ("packages: [vim]\n", "wrong-type", "5:11"),
        ("packages: {install: vim}\n", "wrong-type", "5:21"),
        ("packages: {install: [Vim]}\n", "bad-package-request", "5:22"),
        ("packages: {install: ['vim (>= 1)']}\n", "bad-package-request", "5:22"),
        ("packages: {install: [12]}\n", "wrong-type", "5:22"),
        ("packages: {recommends: yes}\n", "wrong-type", "5:24"),
        ("packages: {remove: ['vim=1']}\n", "bad-package-name", "5:21"),
        ("packages:\n", "wrong-type", "5:1"),
        ("architecture: x86_64\n", "unknown-value", "5:15"),
        ("application: {wsgy: {}}\n", "unknown-key", "5:15"),
        ("application: {}\n", "missing-key", "5:14"),
        ("application: wsgi\n", "wrong-type", "5:14"),
        ("snapshot: yesterday\n", "bad-date", "5:11"),
        ("snapshot: 2026-1-2\n", "bad-date", "5:11"),
        ("snapshot: '20261120'\n", "bad-date", "5:11"),
        ("snapshot: 20261120\n", "wrong-type", "5:11"),
        ("hostname: web_1\n", "bad-host-name", "5:11"),
        ("hostname: 12\n", "wrong-type", "5:11"),
        ("locale: german\n", "bad-locale", "5:9"),
        ("timezone: '/etc/x'\n", "bad-time-zone", "5:11"),
        ("kernel-arguments: ['a b']\n", "bad-kernel-argument", "5:20"),
        ("kernel-arguments: quiet\n", "wrong-type", "5:19"),
        ("disk: {size: 700}\n", "wrong-type", "5:14"),
        ("disk: {size: '700'}\n", "bad-size", "5:14"),
        ("disk: {size: 7 XB}\n", "bad-size", "5:14"),
        ("disk: {free: 20 percent}\n", "bad-size", "5:14"),
        ("disk: {budget: auto}\n", "bad-size", "5:16"),
        ("disk: {boot: bios}\n", "wrong-type", "5:14"),
        ("disk: {boot: [efi]}\n", "unknown-value", "5:15"),
        ("disk: {filesystem: zfs}\n", "unknown-value", "5:20"),
        ("disk: {partitions: []}\n", "empty-list", "5:20"),
        ("disk: {partitions: [{mount: srv}]}\n", "bad-mount-point", "5:29"),
        ("disk: {partitions: [{mount: /, options: ['a,b']}]}\n", "bad-mount-option", "5:42"),
        ("disk: {partitions: [{mount: /, size: 5}]}\n", "wrong-type", "5:38"),
        ("disk: {partitions: [{mount: /, encrypt: {version: luks2}}]}\n", "missing-key", "5:42"),
        ("disk: {partitions: [{mount: /, encrypt: {secret: Not A Name}}]}\n", "bad-secret-name", "5:50"),
        ("disk: {volume-groups: [{name: '..', volumes: [{name: a, mount: /}]}]}\n", "bad-volume-name", "5:31"),
        ("disk: {automatic: {type: zfs}}\n", "unknown-value", "5:26"),
        ("memory: lots\n", "bad-size", "5:9"),
        ("cpus: 0\n", "out-of-range", "5:7"),
        ("cpus: '2'\n", "wrong-type", "5:7"),
        ("cpus: 1.5\n", "wrong-type", "5:7"),
        ("ports: [70000]\n", "out-of-range", "5:9"),
        ("targets: [qcow]\n", "unknown-value", "5:11"),
        ("targets: qcow2\n", "wrong-type", "5:10"),
        ("extends: 12\n", "wrong-type", "5:10"),
        ("extends: []\n", "empty-list", "5:10"),
        ("targets: []\n", "empty-list", "5:10"),
        ("hostname: \(String(repeating: "a.", count: 40))b\n", "bad-host-name", "5:11"),
        ("files: [{path: /\(String(repeating: "x", count: 1024)), content: x}]\n", "bad-image-path", "5:16"),
        ("users: [{name: ada, comment: \"a\\r\\nb\"}]\n", "bad-comment", "5:30"),
        ("files: [{path: /etc/x}]\n", "missing-key", "5:10"),
        ("files: [{content: x}]\n", "missing-key", "5:10"),
        ("files: [{path: etc/x, content: x}]\n", "bad-image-path", "5:16"),
        ("files: [{path: /etc/../x, content: x}]\n", "bad-image-path", "5:16"),
        ("files: [{path: /etc/x, content: x, mode: 644}]\n", "wrong-type", "5:42"),
        ("files: [{path: /etc/x, content: x, mode: '0999'}]\n", "bad-file-mode", "5:42"),
        ("files: [{path: /etc/x, content: x, source: y}]\n", "conflicting-keys", "5:36"),
        ("files: [{path: /etc/x, directory: false}]\n", "wrong-type", "5:35"),
        ("files: [{path: /etc/x, content: 12}]\n", "wrong-type", "5:33"),
        ("users: [{name: Ada}]\n", "bad-user-name", "5:16"),
        ("users: [{groups: [sudo]}]\n", "missing-key", "5:10"),
        ("users: [{name: ada, password: hunter2}]\n", "bad-password", "5:31"),
        ("users: [{name: ada, password: '$1$abcdefgh$0123456789012345678901'}]\n", "bad-password", "5:31"),
        ("users: [{name: ada, ssh-keys: ['ssh-ed25519 AAAA']}]\n", "bad-ssh-public-key", "5:32"),
        ("services: {enable: [nginx]}\n", "bad-unit-name", "5:21"),
        ("services: {start: [a.service]}\n", "unknown-key", "5:12"),
        ("scripts: [{name: x}]\n", "missing-key", "5:12"),
        ("scripts: [{run: ''}]\n", "bad-non-empty-text", "5:17"),
        ("first-boot: {data-sources: [nocloud]}\n", "unknown-value", "5:29"),
        ("repositories: [{suite: x}]\n", "missing-key", "5:17"),
        ("repositories: [{archive: debian}]\n", "missing-key", "5:17"),
        ("repositories: [{archive: debian, suite: x, priority: high}]\n", "wrong-type", "5:54"),
        ("ports: [80]\nchecks: [{http: {}, tcp: {port: 22}}]\n", "conflicting-keys", "6:21"),
        ("checks: [{htpp: {}}]\n", "unknown-key", "5:11"),
        ("checks: [{tcp: {}}]\n", "missing-key", "5:16"),
        ("checks: [{tcp: {port: ssh}}]\n", "wrong-type", "5:23"),
        ("ports: [80]\nchecks: [{http: {status: 99}}]\n", "out-of-range", "6:26"),
        ("ports: [80]\nchecks: [{http: {path: index}}]\n", "bad-url-path", "6:24"),
        ("ports: [80]\nchecks: [{http: {method: FETCH}}]\n", "unknown-value", "6:26"),
        ("ports: [80]\nchecks: [{http: {}, timeout: 30}]\n", "wrong-type", "6:30"),
        ("checks: [{boot-time: {at-most: soon}}]\n", "bad-duration", "5:32"),
        ("ports: [5672]\nchecks: [{amqp: {version: 1.0}}]\n", "wrong-type", "6:27"),
        ("ports: [5672]\nchecks: [{amqp: {connection: a}}]\n", "unknown-key", "6:18"),
        ("ports: [61613]\nchecks: [{stomp: {publish: {message: x}}}]\n", "missing-key", "6:29"),
        ("ports: [1883]\nchecks: [{mqtt: {subscribe: [a]}}]\n", "wrong-type", "6:29"),
        ("ports: [80]\nchecks: [{websocket: {expect: []}}]\n", "empty-list", "6:31"),
        ("ports: [3478]\nchecks: [{turn: {user: a, password: {parametre: x}}}]\n", "unknown-key", "6:38"),
        ("ports: [3478]\nchecks: [{stun: {transport: sctp}}]\n", "unknown-value", "6:29"),
        ("checks: [{udp: {port: 1}}]\n", "missing-key", "5:17"),
        ("checks: [{steps: []}]\n", "empty-list", "5:18"),
        ("checks: [{steps: [{boot-time: {at-most: 1s}}]}]\n", "unknown-key", "5:20"),
        ("ports: [80]\nchecks: [{steps: [{websocket: {connection: 'a b'}}]}]\n", "bad-connection-name", "6:44"),
    ]

    private static let semantic: [(String, String, String)] = [
        ("snapshot: 2026-02-29\n", "bad-date", "5:11"),
        ("snapshot: 20260101T240000Z\n", "bad-date", "5:11"),
        ("snapshot: 9999-01-01\n", "bad-date", "5:11"),
        ("snapshot: 1999-01-01\n", "bad-date", "5:11"),
        ("extends: nowhere.yaml\n", "file-not-found", "5:10"),
        ("extends: setup.sh\n", "unsupported-file", "5:10"),
        ("application: {wsgi: {module: 'shop.wsgi:application', source: ap}}\n", "folder-not-found", "5:63"),
        ("application: {wsgi: {module: 'shop.wsgi:application', source: motd}}\n", "not-a-folder", "5:63"),
        ("application: {wsgi: {module: 'shop.main:application', source: app}}\n", "module-not-found", "5:30"),
        ("application: {wsgi: {source: app}}\n", "missing-key", "5:22"),
        (
            "application: {wsgi: {module: 'shop.wsgi:application', source: app, requirements: nothing.txt}}\n",
            "file-not-found", "5:82"
        ),
        ("checks: [{tcp: {port: 8080}}]\n", "nothing-listens", "5:23"),
        ("checks: [{http: {}}]\n", "nothing-listens", "5:11"),
        ("ports: [80]\nchecks: [{http: {tls: true}}]\n", "nothing-listens", "6:11"),
        ("checks: [{amqp: {}}]\n", "nothing-listens", "5:11"),
        ("ports: [5672]\nchecks: [{amqp: {tls: true}}]\n", "nothing-listens", "6:11"),
        ("checks: [{steps: [{stun: {}}]}]\n", "nothing-listens", "5:20"),
        ("checks: [{udp: {port: 1, send: x, expect: y}}]\n", "nothing-listens", "5:23"),
        ("ports: [1]\nchecks: [{stomp: {port: 1, user: ada}}]\n", "missing-key", "6:28"),
        ("ports: [1]\nchecks: [{mqtt: {port: 1, password: x}}]\n", "missing-key", "6:27"),
        ("ports: [1]\nchecks: [{mqtt: {port: 1, expect: x}}]\n", "missing-key", "6:27"),
        ("ports: [1]\nchecks: [{stomp: {port: 1, refused: true, subscribe: /a}}]\n", "conflicting-keys", "6:43"),
        (
            "ports: [1]\nchecks: [{amqp: {port: 1, subscribe: {routing-key: a, address: /q}}}]\n", "conflicting-keys",
            "6:55"
        ),
        (
            "ports: [1]\nchecks: [{amqp: {version: '1.0', port: 1, publish: {queue: a, address: /q, message: x}}}]\n",
            "conflicting-keys", "6:53"
        ),
        ("ports: [1]\nchecks: [{amqp: {port: 1, publish: {message: x}}}]\n", "missing-key", "6:27"),
        (
            "ports: [1]\nchecks: [{amqp: {port: 1, publish: {queue: a, exchange: b, message: x}}}]\n",
            "conflicting-keys",
            "6:47"
        ),
        ("ports: [3478]\nchecks: [{turn: {}}]\n", "missing-key", "6:11"),
        ("ports: [3478]\nchecks: [{turn: {user: a, password: b, secret: c}}]\n", "conflicting-keys", "6:40"),
        (
            "ports: [1]\nchecks: [{steps: [{mqtt: {connection: a, port: 1}}, {mqtt: {connection: a, port: 1, subscribe: b}}]}]\n",
            "conflicting-connection", "6:76"
        ),
        (
            "ports: [1]\nchecks: [{steps: [{mqtt: {connection: a, port: 1}}, {stomp: {connection: a, subscribe: b}}]}]\n",
            "conflicting-connection", "6:54"
        ),
        (
            "ports: [1]\nchecks: [{steps: [{mqtt: {connection: a, port: 1}}, {mqtt: {connection: a}}]}]\n",
            "empty-step",
            "6:54"
        ),
        (
            "ports: [1]\nchecks: [{mqtt: {port: 1, user: a, password: {parameter: nobody}}}]\n", "unknown-parameter",
            "6:58"
        ),
        ("disk: {size: 1 MiB}\n", "bad-size", "5:14"),
        ("disk: {size: 100 TiB}\n", "bad-size", "5:14"),
        ("disk: {size: 999999999999999 TiB}\n", "bad-size", "5:14"),
        ("disk: {size: 2 GB, budget: 1 GB}\n", "over-budget", "5:28"),
        ("disk: {budget: 1 MB}\n", "bad-size", "5:16"),
        ("disk: {partitions: [{mount: /srv}]}\n", "no-root", "5:22"),
        ("disk: {partitions: [{mount: /}, {mount: /}]}\n", "duplicate-mount-point", "5:41"),
        ("disk: {partitions: [{mount: /}, {mount: /etc}]}\n", "bad-mount-point", "5:41"),
        ("disk: {partitions: [{mount: /, filesystem: vfat}]}\n", "bad-filesystem", "5:29"),
        ("disk: {partitions: [{mount: /, filesystem: xfs, size: 200 MiB}]}\n", "bad-size", "5:55"),
        ("disk: {partitions: [{mount: /, max-size: 2 GiB}]}\n", "unused-key", "5:42"),
        ("disk: {partitions: [{mount: /, size: 3 GiB, grow: true, max-size: 2 GiB}]}\n", "bad-size", "5:67"),
        ("disk: {partitions: [{mount: /, disk: two}]}\n", "unknown-disk", "5:38"),
        ("disk: {partitions: [{mount: /, label: a-label-that-is-long}]}\n", "bad-label", "5:39"),
        ("disk: {partitions: [{mount: /, encrypt: {secret: a}}]}\n", "unreadable-boot", "5:29"),
        ("disk: {partitions: [{mount: /}, {size: 1 GiB}]}\n", "no-content", "5:34"),
        ("disk: {partitions: [{mount: /}, {volume-group: vg}]}\n", "unknown-volume-group", "5:48"),
        ("disk: {partitions: [{mount: /}, {btrfs-volume: b}]}\n", "unknown-btrfs-volume", "5:48"),
        ("disk: {partitions: [{mount: /, volume-group: v}]}\n", "conflicting-keys", "5:22"),
        ("disk: {partitions: [{mount: /}, {filesystem: swap, mount: /s}]}\n", "conflicting-keys", "5:59"),
        ("disk: {partitions: [{mount: /}, {mount: /boot/efi, filesystem: ext4}]}\n", "bad-mount-point", "5:41"),
        (
            "disk: {boot: [bios], partitions: [{mount: /}, {mount: /boot/efi, filesystem: efi}]}\n",
            "unused-partition", "5:48"
        ),
        ("disk: {size: 1 GiB, partitions: [{mount: /, size: 2 GiB}]}\n", "over-full", "5:14"),
        ("disk: {disks: [{name: a}, {name: b}], partitions: [{mount: /}]}\n", "empty-disk", "5:34"),
        ("disk: {disks: [{name: a}, {name: b}], partitions: [{mount: /, disk: b}]}\n", "unreadable-boot", "5:60"),
        (
            "disk: {partitions: [{mount: /}], volume-groups: [{name: v, volumes: [{name: a, mount: /srv}]}]}\n",
            "no-physical-volume", "5:57"
        ),
        (
            "disk: {partitions: [{volume-group: v}], volume-groups: [{name: v, volumes: [{name: a, mount: /, pool: p}]}]}\n",
            "unknown-pool", "5:103"
        ),
        (
            "disk: {partitions: [{mount: /}, {volume-group: v}], volume-groups: [{name: v, volumes: [{name: a, mount: /a, "
                + "percent: 60}, {name: b, mount: /b, percent: 60}]}]}\n", "over-full", "5:154"
        ),
        ("disk: {automatic: {type: lvm}, partitions: [{mount: /}]}\n", "conflicting-layouts", "5:32"),
        ("memory: 1 MB\n", "bad-size", "5:9"),
        ("timezone: Europe/Berlni\n", "unknown-timezone", "5:11"),
        ("packages: {install: [vim], remove: [vim]}\n", "conflicting-packages", "5:37"),
        ("packages: {install: [-vim]}\n", "nothing-to-remove", "5:22"),
        ("packages: {install: [vim, -vim]}\n", "nothing-to-remove", "5:27"),
        ("services: {enable: [a.service], mask: [a.service]}\n", "conflicting-services", "5:40"),
        ("services: {enable: [a.service], disable: [a.service]}\n", "conflicting-services", "5:43"),
        ("files: [{path: /etc/x, source: nothing}]\n", "file-not-found", "5:32"),
        ("files: [{path: /etc/x, content: a}, {path: /etc/x, content: b}]\n", "duplicate-file", "5:44"),
        ("files: [{path: /proc/x, content: a}]\n", "volatile-path", "5:16"),
        ("users: [{name: ada}, {name: ada}]\n", "duplicate-user", "5:29"),
        ("users: [{name: ada, uid: 1500}, {name: bob, uid: 1500}]\n", "duplicate-uid", "5:50"),
        ("users: [{name: root}]\n", "reserved-user", "5:16"),
        ("users: [{name: ada, uid: 12}]\n", "bad-uid", "5:26"),
        (
            "users: [{name: ada, ssh-keys: ['ssh-ed25519 AAAAB3NzaC1yc2EAAAADAQABAAAAgQDB4Vd5Q0y3']}]\n",
            "bad-ssh-public-key", "5:32"
        ),
        ("checks: [{name: x, tcp: {port: 22}}, {name: x, tcp: {port: 22}}]\n", "duplicate-check", "5:45"),
        ("repositories: [{name: v, uri: 'https://x.example/', suite: s}]\n", "unsigned-repository", "5:31"),
        ("repositories: [{archive: debian, suite: s}, {archive: debian, suite: s}]\n", "duplicate-repository", "5:70"),
        ("repositories: [{archive: debian, suite: s, signed-by: no.gpg}]\n", "file-not-found", "5:55"),
        ("scripts: [{source: nothing.sh}]\n", "file-not-found", "5:20"),
    ]

    /// What is wrong with the first lines themselves.
    private static let heads: [BrokenSpec] = [
        BrokenSpec(
            spec: "name: a\nversion: '1'\ndistribution: {name: debian, release: trixie}\n", code: "missing-key",
            place: "1:1",
            isStructural: true),
        BrokenSpec(
            spec: "stonebake: 2\nname: a\nversion: '1'\ndistribution: {name: debian, release: trixie}\n",
            code: "out-of-range",
            place: "1:12", isStructural: true),
        BrokenSpec(
            spec: "stonebake: 1\nname: a\nversion: 1.0\ndistribution: {name: debian, release: trixie}\n",
            code: "wrong-type",
            place: "3:10", isStructural: true),
        BrokenSpec(
            spec: "stonebake: 1\nname: a\nversion: one\ndistribution: {name: debian, release: trixie}\n",
            code: "bad-version",
            place: "3:10", isStructural: true),
        BrokenSpec(
            spec: "stonebake: 1\nname: A b\nversion: '1'\ndistribution: {name: debian, release: trixie}\n",
            code: "bad-name",
            place: "2:7", isStructural: true),
        BrokenSpec(
            spec: "stonebake: 1\nname: a\nversion: '1'\ndistribution: {name: debian, release: no}\n",
            code: "unknown-value",
            place: "4:39", isStructural: true),
        BrokenSpec(
            spec: "stonebake: 1\nname: a\nversion: '1'\n", code: "missing-key", place: "1:1", isStructural: false),
        BrokenSpec(
            spec: "name: a\nstonebake: 1\nversion: '1'\ndistribution: {name: debian, release: trixie}\n",
            code: "misplaced-key",
            place: "2:1", isStructural: false),
    ]
}
