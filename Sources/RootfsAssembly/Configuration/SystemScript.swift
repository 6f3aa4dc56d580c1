import ApplianceSpec
import Diagnostics
import HostSystem
import SandboxInside

/// The shell commands that apply the spec's system settings, and what a machine in a cloud needs besides.
struct SystemScript {
    let appliance: Appliance

    /// Each setting by itself, so that a failure names the one.
    var steps: [(title: String, script: String)] {
        var steps = [
            ("set the host name", hostname), ("set the locale '\(appliance.system.locale)'", locale),
            ("set the time zone '\(appliance.system.timezone)'", timezone), ("set up the first boot", firstBoot),
            ("mark the packages that were asked for", packageMarks),
        ]
        if let keyboard = appliance.system.keyboard { steps.append(("set the keyboard", script(for: keyboard))) }
        let trimming = TrimmingScript(packages: appliance.packages)
        if trimming.isNeeded { steps.append(("take documentation and languages out", trimming.script)) }
        return steps
    }

    private var hostname: String {
        let name = appliance.system.hostname ?? ""
        let own = "printf '127.0.1.1\\t%s\\n' \(Command.quoted(name)) >>/etc/hosts"
        return """
            set -e
            printf '%s' \(Command.quoted(name.isEmpty ? "" : name + "\n")) >/etc/hostname
            test -e /etc/hosts || printf '127.0.0.1\\tlocalhost\\n::1\\t\\tlocalhost ip6-localhost ip6-loopback\\n' >/etc/hosts
            \(name.isEmpty ? "" : own)
            """
    }

    private var locale: String {
        let locale = appliance.system.locale
        let name = Command.quoted(locale)
        let made = ([locale] + appliance.system.moreLocales).filter {
            !["C.UTF-8", "C.utf8", "C", "POSIX"].contains($0)
        }
        let generate = made.map { locale in
            let charset = locale.split(separator: ".").last.map(String.init) ?? "UTF-8"
            return """
                grep -q "^\(locale) " /usr/share/i18n/SUPPORTED || { echo "there is no locale '\(locale)'" >&2; exit 1; }
                printf '%s %s\\n' \(Command.quoted(locale)) \(Command.quoted(charset)) >>/etc/locale.gen
                """
        }
        let check =
            "test -x /usr/sbin/locale-gen || { echo \"the package 'locales' is not installed\" >&2; exit 1; }"
        return """
            set -e
            \(made.isEmpty ? "" : ([check] + generate + ["locale-gen"]).joined(separator: "\n"))
            if [ -x /usr/sbin/update-locale ]; then
                update-locale --no-checks LANG=\(name)
            else
                printf 'LANG=%s\\n' \(name) >/etc/default/locale
            fi
            """
    }

    /// Layouts and variants as X knows them, also where there is no X; console-setup translates them.
    private func script(for keyboard: Keyboard) -> String {
        let checks = keyboard.layouts.map { layout in
            """
            sed -n '/^! layout/,/^! variant/p' "$rules" | grep -q '^  \(layout) ' || {
                echo "there is no keyboard layout '\(layout)'" >&2; exit 1; }
            """
        }
        let variants = zip(keyboard.layouts, keyboard.variants).filter { !$1.isEmpty }.map { layout, variant in
            """
            sed -n '/^! variant/,/^! option/p' "$rules" | grep -q '^  \(variant)  *\(layout):' || {
                echo "the keyboard layout '\(layout)' has no variant '\(variant)'" >&2; exit 1; }
            """
        }
        return """
            set -e
            rules=/usr/share/X11/xkb/rules/base.lst
            test -e "$rules" || { echo "the package 'keyboard-configuration' is not installed" >&2; exit 1; }
            \((checks + variants).joined(separator: "\n"))
            rm -f /etc/console-setup/cached_*
            if [ -x /usr/bin/setupcon ] || [ -x /bin/setupcon ]; then setupcon --force --save-only; fi
            """
    }

    private static func file(for keyboard: Keyboard) -> PlacedEntry {
        let text = """
            # Made by Stonebake. See keyboard(5).
            XKBMODEL="\(keyboard.model)"
            XKBLAYOUT="\(keyboard.layouts.joined(separator: ","))"
            XKBVARIANT="\(keyboard.variants.joined(separator: ","))"
            XKBOPTIONS="\(keyboard.options.joined(separator: ","))"
            BACKSPACE="guess"

            """
        return PlacedEntry(path: "/etc/default/keyboard", content: .text(text))
    }

    private var timezone: String {
        let zone = Command.quoted(appliance.system.timezone)
        return """
            set -e
            test -e /usr/share/zoneinfo/\(zone) || { echo "there is no time zone" \(zone) "in the image" >&2; exit 1; }
            ln -sfn /usr/share/zoneinfo/\(zone) /etc/localtime
            printf '%s\\n' \(zone) >/etc/timezone
            """
    }

    /// The program of the banner is among the spec's files, where it has more to do.
    private var hasBanner: Bool { !appliance.bannerFiles.isEmpty }

    private var firstBoot: String {
        """
        set -e
        # A resolver's settings come with the network; what is left of the build's would be wrong.
        test -L /etc/resolv.conf || rm -f /etc/resolv.conf
        SYSTEMD_OFFLINE=1 systemctl enable stonebake-ssh-keys.service
        \(hasBanner ? "SYSTEMD_OFFLINE=1 systemctl enable stonebake-firstboot.service" : "")
        """
    }

    /// What apt would remove now, asked for or not, belongs to the minimal system (Priority: required).
    private var packageMarks: String {
        """
        set -e
        options='-o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache='
        apt-get $options --simulate autoremove | sed -n 's/^Remv \\([^ ]*\\) .*/\\1/p' | xargs -r apt-mark $options manual
        """
    }

    /// What does not come from the spec, as files of the image.
    var files: [PlacedEntry] {
        let trimming = TrimmingScript(packages: appliance.packages)
        return (appliance.system.keyboard.map { [Self.file(for: $0)] } ?? [])
            + (trimming.isNeeded ? [trimming.settings] : []) + cloudFiles
            + appliance.bannerFiles.map(PlacedEntry.init)
    }

    private var cloudFiles: [PlacedEntry] {
        [
            PlacedEntry(path: "/etc/systemd/system/stonebake-ssh-keys.service", content: .text(Self.sshKeysUnit)),
            PlacedEntry(path: "/etc/netplan/90-stonebake.yaml", content: .text(Self.network), mode: 0o600),
            PlacedEntry(path: "/etc/cloud/cloud.cfg.d/95-stonebake.cfg", content: .text(cloudSettings)),
        ]
    }

    /// cloud-init makes host keys where a data source is found; this makes those that are still missing.
    private static let sshKeysUnit = """
        [Unit]
        Description=Make the SSH host keys that are missing
        After=cloud-init.service cloud-init-network.service
        Before=ssh.service ssh.socket
        ConditionPathExists=|!/etc/ssh/ssh_host_ed25519_key
        ConditionPathExists=|!/etc/ssh/ssh_host_rsa_key
        ConditionPathExists=|!/etc/ssh/ssh_host_ecdsa_key

        [Service]
        Type=oneshot
        RemainAfterExit=yes
        ExecStart=/usr/bin/ssh-keygen -A

        [Install]
        WantedBy=multi-user.target

        """

    /// DHCP on every network card. cloud-init's own file names single cards, whose settings come first: networkd takes
    /// the first file that matches, and `zz` sorts last.
    private static let network = """
        network:
          version: 2
          ethernets:
            zz-all-en:
              match: { name: "en*" }
              dhcp4: true
              dhcp6: true
              optional: true
            zz-all-eth:
              match: { name: "eth*" }
              dhcp4: true
              dhcp6: true
              optional: true

        """

    /// The name that the cloud gives goes into /etc/hosts: a machine that has to ask a DNS server for its own name, and gets
    /// no answer, waits for seconds each time (sudo, Erlang's listeners).
    private static let namedByCloud = "manage_etc_hosts: localhost"

    private var cloudSettings: String {
        """
        # Made by Stonebake.
        datasource_list: [\(appliance.firstBoot.dataSources.joined(separator: ", "))]
        growpart: { mode: auto, devices: ["/"], ignore_growroot_disabled: false }
        resize_rootfs: true
        ssh_deletekeys: true
        ssh_pwauth: false
        apt: { preserve_sources_list: false }
        \(appliance.system.hostname == nil ? Self.namedByCloud : "preserve_hostname: true")

        """
    }
}
