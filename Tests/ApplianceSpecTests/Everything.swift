/// A spec in which every key of the language stands, and the files that it names.
enum Everything {
    static let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA7ijUpcj94M9G9gab+7s0iSnH/Dbz1yqdNyy6xivsfn ada@example.org"

    static let files: [String: String] = [
        "base.yaml": "stonebake: 1\npackages: {install: [vim]}\n",
        "app/shop/wsgi.py": "application = None\n",
        "requirements.txt": "flask>=3\n",
        "static/a.css": "a {}\n",
        "motd": "hello\n",
        "setup.sh": "#!/bin/sh\ntrue\n",
        "site.pp": "notice('hello')\n",
        "keys/vendor.gpg": "a keyring",
    ]

    static let spec = """
        stonebake: 1
        name: shop
        version: 2.1.0-rc1
        summary: Everything that a spec can say
        architecture: arm64
        extends: [base.yaml]
        distribution: {name: debian, release: bookworm}
        repositories:
          - {archive: debian, suite: bookworm-backports, components: [main, contrib], priority: 200,
             cost: 500, include: [nano, 'python3-*'], exclude: ['*-dbg']}
          - {name: vendor, uri: 'https://apt.example.org/debian', suite: stable, signed-by: keys/vendor.gpg}
        packages:
          install: [curl, nano/bookworm-backports, 'less=590-2', 'libc6:arm64', -vim]
          remove: [rsyslog]
          recommends: true
          documentation: false
          languages: [en, de]
        application:
          wsgi:
            module: shop.wsgi:application
            source: app
            requirements: requirements.txt
            static: {source: static, url: /assets/}
            workers: 4
            environment: {MODE: production, GREETING: 'say "hi" for $5'}
            listen: 8080
            health: /up
        files:
          - {path: /etc/motd, source: motd, mode: "0640", owner: 'root:adm'}
          - {path: /etc/issue, content: "shop\\n"}
          - {path: /etc/shop, directory: true}
          - {path: /etc/shop/motd, symlink: ../motd}
          - {path: /etc/legal, absent: true}
        users:
          - name: ada
            uid: 1500
            gid: 1600
            groups: [sudo, adm]
            ssh-keys: ['\(key)']
            password: $6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/
            shell: /bin/sh
            home: /srv/ada
            comment: Ada Lovelace
          - {name: worker, system: true}
        root: {password: $6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/,
               ssh-keys: ['\(key)'], ssh-password: true}
        groups:
          - {name: traders, gid: 1700}
          - {name: feed, system: true}
        services: {enable: [cron.service], disable: [apt-daily.timer], mask: [getty@tty1.service], boot-target: graphical.target}
        scripts:
          - {name: greet, run: "echo hello"}
          - {source: setup.sh, interpreter: /usr/bin/python3 -u, log: /root/setup.log, where: host}
        hostname: shop-1.example.org
        locale: en_GB.UTF-8
        locales: [de_DE.UTF-8]
        keyboard: {layouts: [us, de(nodeadkeys)], model: pc104, options: ['grp:alt_shift_toggle']}
        time: {servers: [ntp.example.org], pools: [pool.example.org], nts: true, synchronize: true}
        network:
          - interface: eth0
            dhcp: none
            addresses: [192.0.2.10/24, '2001:db8::10/64']
            gateways: [192.0.2.1]
            nameservers: [192.0.2.53]
            search: [example.org]
            mtu: 1400
            router-advertisements: false
            activate: true
          - {mac: '52:54:00:12:34:56', dhcp: ipv4}
        firewall: {enabled: true, ports: [80/tcp, 5000-5010/udp], ssh: true, trusted: [eth1]}
        selinux: permissive
        boot-loader: {timeout: 5, password: grub.pbkdf2.sha512.10000.AB12.CD34}
        timezone: Europe/Berlin
        kernel-arguments: [quiet, net.ifnames=0]
        disk:
          size: auto
          free: 500 MB
          budget: 3 GiB
          boot: [uefi]
          filesystem: ext4
          disks: [{name: system}, {name: store, size: 4 GiB}]
          data: {on: disk, size: 2 GiB, folders: [/srv/shop]}
          partitions:
            - {mount: /boot/efi, filesystem: efi, size: 64 MiB}
            - {mount: /boot, size: 512 MiB, label: boot, mkfs-options: ['-m', '0'], options: [nodev]}
            - volume-group: main
              size: 2 GiB
              grow: true
              max-size: 40 GiB
              encrypt:
                secret: disk
                version: luks2
                cipher: aes-xts-plain64
                pbkdf: argon2id
                pbkdf-memory: 32 MiB
                pbkdf-time: 500ms
                pbkdf-iterations: 4
            - {disk: store, btrfs-volume: pool, grow: true}
          volume-groups:
            - name: main
              extent-size: 4 MiB
              reserved: 5%
              volumes:
                - {name: swap, filesystem: swap, size: 256 MiB}
                - {name: root, mount: /, filesystem: xfs, grow: true, options: [noatime]}
                - {name: log, mount: /var/log, percent: 10}
                - {name: pool, thin-pool: true, size: 1 GiB, chunk-size: 128 KiB, metadata-size: 8 MiB}
                - name: home
                  mount: /home
                  pool: pool
                  size: 5 GiB
                  encrypt:
                    secret: home
                    version: luks1
                    cipher: aes-xts-plain64
                    pbkdf: pbkdf2
                    pbkdf-memory: 32 MiB
                    pbkdf-time: 500ms
                    pbkdf-iterations: 1000
                - {name: opt, mount: /opt, grow: true, max-size: 1 GiB, label: opt, mkfs-options: ['-m', '0']}
          btrfs:
            - name: pool
              label: data
              mount: /mnt/pool
              options: [noatime]
              mkfs-options: ['-m', dup]
              subvolumes:
                - {name: srv, mount: /srv, options: [compress=zstd]}
                - {name: spare}
        parameters:
          - {name: site, type: hostname, required: true, description: Its name, max-length: 60, example: shop.example.org}
          - {name: size, type: choice, choices: [small, large], default: small, secret: false}
          - {name: workers, type: integer, min: -1, max: 9, default: 2, variable: WORKER_COUNT}
          - {name: debug, type: boolean, default: false, example: true}
          - {name: token, type: password, min-length: 20, show: false}
          - {name: code, pattern: '[A-Z]{3}', default: ABC}
        first-boot:
          data-sources: [Ec2, None]
          environment:
            - {path: /etc/shop/environment, parameters: [site, token], mode: "0640", owner: 'root:adm'}
          files:
            - {path: /etc/shop/site.json, content: '{"site": ${site|json}}', mode: "0644", owner: root}
            - {path: /etc/shop/motd.2, source: motd}
          scripts:
            - {name: migrate, source: setup.sh, when-changed: [token]}
            - {name: greet, run: "pass", interpreter: /usr/bin/python3}
          units: [shop.service]
          needs: [cron.service]
          page-ports: [8081]
        recipe: {puppet: {manifest: site.pp, modules: static, at: every-boot}}
        every-boot:
          scripts: [{name: warm-up, run: "pass", interpreter: /usr/bin/python3}, {name: look, source: setup.sh, when-changed: [site]}]
        memory: 2 GiB
        cpus: 4
        ports: [9000]
        checks:
          - name: the page
            timeout: 2 min
            http:
              method: POST
              port: 8080
              path: /orders?x=1
              headers: {Accept: application/json}
              body: '{}'
              status: 201
              contains: [ordered, thanks]
              json: {status: ok, items.0.count: 2, done: true, none: null}
          - tcp: {port: 9000, send: PING, expect: PONG}
          - command: {run: 'id ada', status: 0, contains: sudo}
          - unit: {name: cron.service, state: active}
          - boot-time: {at-most: 90s}
          - http: {tls: true, port: 9000, user: ada, password: lovelace}
          - udp: {port: 9000, send: PING, expect: PONG}
          - amqp:
              version: 0-9-1
              port: 9000
              tls: true
              user: ada
              password: lovelace
              vhost: shop
              subscribe: {queue: orders, exchange: amq.topic, routing-key: 'orders.#'}
              publish: {exchange: amq.topic, routing-key: orders.new, message: one book}
              expect: [one, book]
          - amqp:
              version: "1.0"
              port: 9000
              user: ada
              password: lovelace
              subscribe: {address: /queues/orders}
              publish: {address: /queues/orders, message: two books}
              expect: two
          - amqp: {port: 9000, publish: {queue: orders, message: none}, user: ada, password: {parameter: token}}
          - amqp: {port: 9000, refused: true}
          - stomp:
              port: 9000
              tls: false
              path: /ws
              user: ada
              password: lovelace
              vhost: shop
              subscribe: /queue/orders
              publish: {destination: /queue/orders, message: three}
              expect: three
          - stomp: {port: 9000, refused: true}
          - mqtt:
              port: 9000
              tls: false
              path: /ws
              user: ada
              password: lovelace
              subscribe: 'orders/#'
              publish: {topic: orders/new, message: four}
              expect: four
          - mqtt: {port: 9000, refused: true}
          - websocket:
              port: 9000
              tls: true
              path: /chat
              headers: {Origin: 'https://example.org'}
              subprotocols: [chat]
              user: ada
              password: lovelace
              send: [hello, there]
              expect: hello
          - websocket: {port: 9000, refused: true}
          - stun: {port: 9000, transport: tcp}
          - turn: {port: 9000, transport: udp, user: ada, password: lovelace}
          - turn: {port: 9000, secret: s3cret, refused: true}
          - name: in order
            steps:
              - websocket: {connection: browser, port: 9000}
              - stomp: {connection: s, port: 9000}
              - mqtt: {connection: m, port: 9000}
              - amqp: {connection: a, port: 9000}
              - http: {port: 9000}
              - reboot: true
              - tcp: {port: 9000}
              - udp: {port: 1, send: x}
              - stun: {port: 9000}
              - turn: {port: 9000, secret: s3cret}
              - command: {run: 'true'}
              - unit: {name: cron.service}
              - websocket: {connection: browser, send: hello, expect: hello}
          - name: a form
            http: {port: 8080, path: /login, form: {name: ada}}
        targets: [raw, qcow2]
        formats: {raw: [plain, xz], aws: raw, instances: [vm], packings: [split], vagrant: [libvirt]}
        snapshot: 2025-06-07

        """
}
