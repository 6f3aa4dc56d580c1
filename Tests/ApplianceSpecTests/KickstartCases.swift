@testable import ApplianceSpec

/// Kickstart lines and what they come to, for KickstartMeaningTests.
extension KickstartMeaningTests {
    static let applied: [(String, String)] = [
        ("url --url=archive:debian/trixie", "distribution:\n  name: debian\n  release: trixie"),
        ("lang de_DE", "locale: de_DE.UTF-8"),
        (
            "lang en_US.utf8 --addsupport=fr_FR,de_DE@euro",
            "locale: en_US.UTF-8\nlocales: [fr_FR.UTF-8, de_DE.UTF-8@euro]"
        ),
        ("keyboard de-latin1-nodeadkeys", "keyboard:\n  layouts: [\"de(nodeadkeys)\"]"),
        (
            "keyboard --vckeymap=us --xlayouts='us','de (nodeadkeys)' --switch=grp:alt_shift_toggle",
            "keyboard:\n  layouts: [us, \"de(nodeadkeys)\"]\n  options: [\"grp:alt_shift_toggle\"]"
        ),
        (
            "timezone --utc Europe/Berlin --ntpservers=a.example.org,b.example.org",
            "timezone: Europe/Berlin\ntime:\n  servers: [a.example.org, b.example.org]"
        ),
        ("timezone --utc Europe/Berlin --nontp", "timezone: Europe/Berlin\ntime:\n  synchronize: false"),
        ("timesource --ntp-pool=pool.example.org --nts", "time:\n  pools: [pool.example.org]\n  nts: true"),
        ("timesource --ntp-disable", "time:\n  synchronize: false"),
        ("timezone US/Eastern", "timezone: America/New_York"),
        ("rootpw --iscrypted thereisnopasswordanditslocked", "root:\n  password: locked"),
        (
            "part / --size=500 --fstype=xfs\npart / --size=2000",
            "disk:\n  partitions:\n    - mount: /\n      size: \"2000 MiB\""
        ),
        ("rootpw --lock", "root:\n  password: locked"),
        (
            "rootpw --iscrypted $6$saltsalt$0123456789012345678901",
            "root:\n  password: \"$6$saltsalt$0123456789012345678901\""
        ),
        (
            "rootpw --iscrypted $6$saltsalt$0123456789012345678901 --allow-ssh",
            "root:\n  password: \"$6$saltsalt$0123456789012345678901\"\n  ssh-password: true"
        ),
        (
            "user --name=ada --groups=wheel,adm --uid=1500 --gid=1600 --homedir=/srv/ada --shell=/bin/sh --gecos='Ada L'",
            """
            users:
              - name: ada
                uid: 1500
                gid: 1600
                groups: [sudo, adm]
                password: locked
                shell: /bin/sh
                home: /srv/ada
                comment: "Ada L"
            """
        ),
        (
            "user --name=ada --groups='devs(1700)'",
            "users:\n  - name: ada\n    groups: [devs]\n    password: locked\ngroups:\n  - name: devs\n    gid: 1700"
        ),
        ("group --name=crew --gid=1800", "groups:\n  - name: crew\n    gid: 1800"),
        ("sshkey --username=root \"\(key)\"", "root:\n  ssh-keys:\n    - \"\(key)\""),
        ("network --hostname=web-1.example.org", "hostname: web-1.example.org"),
        ("network --bootproto=dhcp --device=link", ""),
        ("network --bootproto=dhcp", ""),
        ("network --bootproto=dhcp --device=eth0 --onboot=no", "network:\n  - interface: eth0\n    activate: false"),
        (
            "network --bootproto=dhcp --device=52:54:00:12:34:56 --noipv6",
            "network:\n  - mac: \"52:54:00:12:34:56\"\n    dhcp: ipv4\n    router-advertisements: false"
        ),
        (
            "network --bootproto=static --device=eth0 --ip=192.0.2.10 --netmask=255.255.254.0 --gateway=192.0.2.1"
                + " --nameserver=192.0.2.53,192.0.2.54 --mtu=1400 --ipv6=2001:db8::10/64 --ipv6gateway=2001:db8::1",
            """
            network:
              - interface: eth0
                addresses: ["192.0.2.10/23", "2001:db8::10/64"]
                gateways: ["192.0.2.1", "2001:db8::1"]
                nameservers: ["192.0.2.53", "192.0.2.54"]
                mtu: 1400
            """
        ),
        ("firewall --disabled", "firewall:\n  enabled: false"),
        (
            "firewall --enabled --service=mdns,http --port=8080:tcp,imap:tcp --trust=eth1",
            "firewall:\n  enabled: true\n  ports: [\"8080/tcp\", \"143/tcp\", \"5353/udp\", \"80/tcp\"]\n  trusted: [eth1]"
        ),
        ("firewall --enabled --remove-service=ssh", "firewall:\n  enabled: true\n  ssh: false"),
        ("selinux --permissive", "selinux: permissive"),
        (
            "services --enabled=sshd,my.timer --disabled=crond",
            "services:\n  enable: [ssh.service, my.timer]\n  disable: [cron.service]"
        ),
        ("firstboot --disable", "services:\n  mask: [systemd-firstboot.service]"),
        ("skipx", "services:\n  boot-target: multi-user.target"),
        ("xconfig --startxonboot", "services:\n  boot-target: graphical.target"),
        (
            "bootloader --timeout=5 --append=\"quiet net.ifnames=0\" --location=mbr",
            "kernel-arguments: [quiet, net.ifnames=0]\nboot-loader:\n  timeout: 5"
        ),
        ("bootloader --nombr", "disk:\n  boot: [uefi]"),
        (
            "repo --name=Backports --baseurl=archive:debian/trixie-backports?components=main,contrib&priority=200 --cost=10"
                + " --includepkgs=nano,python3-* --excludepkgs=*-dbg",
            """
            repositories:
              - name: backports
                archive: debian
                suite: trixie-backports
                components: [main, contrib]
                priority: 200
                cost: 10
                include: [nano, "python3-*"]
                exclude: ["*-dbg"]
            """
        ),
        (
            "%packages\ncurl\npython3-dj*\n-nano\n-*-doc\n%end",
            "packages:\n  recommends: true\n  install: [curl, \"python3-dj*\"]\n  remove: [nano, \"*-doc\"]"
        ),
        (
            "%packages --exclude-weakdeps --excludedocs --inst-langs=en_US:de\n@core\n@ssh-server\n%end",
            "packages:\n  recommends: false\n  documentation: false\n  languages: [en_US, de]\n  install: [task-ssh-server]"
        ),
        ("%post\ntrue\n%end", "scripts:\n  - name: \"%post 1\"\n    run: |\n      true"),
        (
            "%post --interpreter=/usr/bin/python3 --log=/root/post.log --erroronfail\nprint(1)\n%end\n%post --nochroot --log=/mnt/sysimage/root/b\n  x\n%end",
            """
            scripts:
              - name: "%post 1"
                run: |
                  print(1)
                interpreter: /usr/bin/python3
                log: /root/post.log
              - name: "%post 2"
                run: |2
                    x
                where: host
                log: /root/b
            """
        ),
        (
            "%certificate --filename=ca.pem --dir=/usr/local/share/ca-certificates/\nABC\n%end",
            "files:\n  - path: /usr/local/share/ca-certificates/ca.pem\n    content: |\n      ABC"
        ),
        ("%addon stonebake\nsummary: mine\nports: [9000]\n%end", "summary: mine\nports: [9000]"),
    ]

    static let storage: [(String, String)] = [
        (
            "part /boot --fstype=ext4 --size=500 --ondisk=sda --label=boot --fsoptions=noatime,ro --mkfsoptions='-i 4096'\n"
                + "part / --fstype=xfs --size=2000 --grow --maxsize=4000 --ondisk=/dev/sda\npart swap --size=256 --asprimary",
            """
            disk:
              partitions:
                - mount: /boot
                  filesystem: ext4
                  label: boot
                  options: [noatime, ro]
                  mkfs-options: ["-i", "4096"]
                  size: "500 MiB"
                - mount: /
                  filesystem: xfs
                  size: "2000 MiB"
                  grow: true
                  max-size: "4000 MiB"
                - filesystem: swap
                  size: "256 MiB"
            """
        ),
        (
            "bootloader --boot-drive=sdb\npart /srv --size=500 --ondisk=sda\npart / --size=2000 --ondisk=sdb",
            """
            disk:
              disks:
                - name: sdb
                - name: sda
              partitions:
                - disk: sda
                  mount: /srv
                  size: "500 MiB"
                - disk: sdb
                  mount: /
                  size: "2000 MiB"
            """
        ),
        (
            """
            part /boot --size=500
            part pv.01 --size=1000 --grow --encrypted --luks-version=luks2 --cipher=aes-xts-plain64 --pbkdf=argon2id \
            --pbkdf-memory=65536 --pbkdf-time=200 --passphrase=secret:disk-key
            volgroup vg0 pv.01 --pesize=8192 --reserved-percent=10
            logvol none --vgname=vg0 --name=pool --thinpool --size=3000 --chunksize=128 --metadatasize=32
            logvol / --vgname=vg0 --name=root --thin --poolname=pool --size=2000 --fstype=ext4
            logvol /var --vgname=vg0 --name=var --percent=20
            """,
            """
            disk:
              partitions:
                - mount: /boot
                  size: "500 MiB"
                - volume-group: vg0
                  size: "1000 MiB"
                  grow: true
                  encrypt:
                    secret: disk-key
                    version: luks2
                    cipher: aes-xts-plain64
                    pbkdf: argon2id
                    pbkdf-memory: "65536 KiB"
                    pbkdf-time: "200 ms"
              volume-groups:
                - name: vg0
                  extent-size: "8192 KiB"
                  reserved: "10%"
                  volumes:
                    - name: pool
                      thin-pool: true
                      chunk-size: "128 KiB"
                      metadata-size: "32 MiB"
                      size: "3000 MiB"
                    - name: root
                      mount: /
                      filesystem: ext4
                      pool: pool
                      size: "2000 MiB"
                    - name: var
                      mount: /var
                      percent: 20
            """
        ),
        (
            "part btrfs.01 --size=2000\nbtrfs none --label=system --data=single btrfs.01\n"
                + "btrfs / --subvol --name=root LABEL=system\nbtrfs /home --subvol --name=home system",
            """
            disk:
              partitions:
                - btrfs-volume: system
                  size: "2000 MiB"
              btrfs:
                - name: system
                  label: system
                  mkfs-options: ["-d", single]
                  subvolumes:
                    - name: root
                      mount: /
                    - name: home
                      mount: /home
            """
        ),
        (
            "autopart --type=thinp --nohome --noswap --encrypted --fstype=xfs",
            """
            disk:
              automatic:
                type: thin
                filesystem: xfs
                home: false
                swap: false
                encrypt:
                  secret: luks
            """
        ),
        (
            "reqpart --add-boot\npart / --size=2000",
            """
            disk:
              partitions:
                - mount: /boot
                  filesystem: ext4
                  size: "1024 MiB"
                - mount: /
                  size: "2000 MiB"
            """
        ),
    ]

    static let refused: [(String, String)] = [
        ("url --url=https://example.org/os/", "url --url=archive:debian/trixie"),
        ("url --url=archive:debian/sid", "archive:debian/trixie, archive:debian/bookworm"),
        ("repo --name=a --baseurl=https://example.org/os/", "archive:debian/trixie-backports"),
        ("repo --name=a --baseurl=archive:debian", "archive:debian/trixie-backports?components=main,contrib"),
        (
            "repo --name=a --baseurl=archive:debian/trixie-backports?colour=red",
            "suite, components, signed-by and priority"
        ),
        ("ostreesetup --osname=a --url=https://example.org --ref=b", "url --url=archive:debian/trixie"),
        ("raid / --level=1 --device=md0 raid.01 raid.02", "a partition or a logical volume"),
        ("part / --onpart=sda1", "--size=MIB"),
        ("part / --size=500 --encrypted --passphrase=hunter2", "--passphrase=secret:NAME"),
        ("part / --size=500 --fstype=f2fs", "ext4"),
        ("part / --size=500 --fstype=$fstype", "ext4"),
        ("part pv.01 --size=500", "volgroup NAME pv.01"),
        ("logvol / --vgname=vg0 --name=a --size=1", "volgroup vg0 pv.01"),
        ("clearpart --all --disklabel=msdos", "--disklabel=gpt"),
        ("keyboard klingon", "keyboard --xlayouts=us"),
        ("firstboot --enable", "firstboot --disable"),
        ("firewall --enabled --service=warp", "--port=8443:tcp"),
        ("bootloader --location=none", "leave '--location=none' out"),
        ("bootloader --sdboot", "leave '--sdboot' out"),
        ("network --device=bond0 --bondslaves=a,b", "netplan"),
        ("network --bootproto=query", "--bootproto=dhcp"),
        ("network --bootproto=static --device=eth0 --ip=192.0.2.1 --netmask=255.0.255.0", "255.255.255.0"),
        ("module --name=nodejs", "name=version"),
        ("realm join example.org", "cloud-init"),
        ("authselect select sssd", "pam-auth-update"),
        ("%pre\ntrue\n%end", "%post"),
        ("%pre-install\ntrue\n%end", "%post --nochroot"),
        ("%packages\nNetworkManager\n%end", "networkmanager"),
        ("%packages\n@workstation-product\n%end", "@ssh-server"),
        ("%packages --nocore\ncurl\n%end", "--nocore"),
        ("%addon com_redhat_kdump --enable\n%end", "kdump-tools"),
        ("%include /tmp/part-include\n", "write what it would hold into the file"),
        ("user --name=root", "rootpw"),
        ("rootpw --iscrypted $1$abcdefgh$0123456789012345678901", "mkpasswd --method=yescrypt"),
    ]
}
