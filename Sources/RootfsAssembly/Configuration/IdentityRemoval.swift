/// What makes a machine that machine, and what a build leaves behind: removed last, in the tree's own shell.
///
/// The list is that of systemd's BUILDING_IMAGES, of Debian's cloud team's tests, and of what our builds showed.
/// Folders stay, as packages own them; /proc, /run, /sys and /tmp are left out when the tree is packed.
enum IdentityRemoval {
    static func script(timestamp: Int64) -> String { removal + "\n" + updateMarks(timestamp) }

    /// /etc and /var are as new as /usr, so that the first boot rebuilds neither linker cache nor catalogs
    /// (systemd-update-done.service(8)). No time in the tree is newer than `timestamp`.
    private static func updateMarks(_ timestamp: Int64) -> String {
        """
        for folder in /etc /var; do
            printf 'TIMESTAMP_NSEC=%s000000000\\n' \(timestamp) >$folder/.updated
            chmod 644 $folder/.updated
        done
        """
    }

    private static let removal = """
        set -e
        # An empty machine-id is filled at first boot. (`uninitialized` would also apply all presets again, and with
        # them undo what the spec disables.)
        : >/etc/machine-id
        rm -f /var/lib/dbus/machine-id /etc/hostid /etc/mailname /etc/adjtime
        rm -f /var/lib/systemd/random-seed /var/lib/systemd/credential.secret /var/lib/urandom/random-seed
        rm -f /etc/ssh/ssh_host_* /var/lib/rabbitmq/.erlang.cookie /etc/nvme/hostid \\
            /etc/nvme/hostnqn /etc/iscsi/initiatorname.iscsi
        rm -rf /etc/puppetlabs/puppet/ssl /var/lib/puppet/ssl /etc/puppet/ssl
        # A secret that a package made once, and that each machine needs one of its own of, is made at its first boot.
        # what, its path, the command that makes it
        at_first_boot() {
            printf '[Unit]\\nDescription=Make %s\\nConditionPathExists=!%s\\nBefore=network.target\\n\\n' "$1" "$2"
            printf '[Service]\\nType=oneshot\\nRemainAfterExit=yes\\nExecStart=%s\\n\\n' "$3"
            printf '[Install]\\nWantedBy=multi-user.target\\n'
        }
        if [ -e /etc/munge/munge.key ]; then
            at_first_boot "MUNGE's key" /etc/munge/munge.key \\
                '/usr/sbin/runuser -u munge -- /usr/sbin/mungekey --create' >/etc/systemd/system/stonebake-munge-key.service
            SYSTEMD_OFFLINE=1 systemctl --quiet enable stonebake-munge-key.service
            rm -f /etc/munge/munge.key
        fi
        if [ -e /etc/ssl/private/ssl-cert-snakeoil.key ]; then
            link=/etc/ssl/certs/$(openssl x509 -hash -noout -in /etc/ssl/certs/ssl-cert-snakeoil.pem).0
            at_first_boot 'the self-signed certificate of ssl-cert' /etc/ssl/private/ssl-cert-snakeoil.key \\
                '/usr/sbin/make-ssl-cert generate-default-snakeoil' >/etc/systemd/system/stonebake-ssl-cert.service
            SYSTEMD_OFFLINE=1 systemctl --quiet enable stonebake-ssl-cert.service
            rm -f "$link" /etc/ssl/private/ssl-cert-snakeoil.key /etc/ssl/certs/ssl-cert-snakeoil.pem
        fi
        # A PostgreSQL cluster that no server has run on yet is as the package made it: with an identifier and a secret of
        # its own, of which no two are the same. Each machine gets its own; the settings in /etc stay.
        for data in /var/lib/postgresql/*/*; do
            if [ ! -e "$data/PG_VERSION" ] || [ -e "$data/postmaster.opts" ]; then continue; fi
            cluster=${data#/var/lib/postgresql/} version=$(cat "$data/PG_VERSION")
            initdb=/usr/lib/postgresql/$version/bin/initdb
            if [ ! -x "$initdb" ] || [ ! -e "/etc/postgresql/$cluster/postgresql.conf" ]; then continue; fi
            find "$data" -mindepth 1 -delete
            unit=stonebake-postgresql-$(echo "$cluster" | tr / -).service
            at_first_boot "the PostgreSQL cluster $cluster" "$data/PG_VERSION" \\
                "/usr/sbin/runuser -u postgres -- $initdb --pgdata=$data --auth-local=peer --auth-host=scram-sha-256 \\
                --encoding=UTF8 --locale=C.UTF-8 --no-instructions" >/etc/systemd/system/$unit
            # The settings are those in /etc, as pg_createcluster(1) leaves it.
            sed -i "/^ExecStart=/a ExecStart=/bin/rm -f $data/postgresql.conf $data/pg_hba.conf $data/pg_ident.conf" \\
                /etc/systemd/system/$unit
            SYSTEMD_OFFLINE=1 systemctl --quiet enable $unit
        done
        # Backups that tools keep of the files they change.
        rm -f /etc/passwd- /etc/group- /etc/shadow- /etc/gshadow- /etc/subuid- /etc/subgid- /etc/.pwd.lock
        rm -f /var/lib/dpkg/*-old /var/lib/dpkg/lock /var/lib/dpkg/lock-frontend /var/lib/dpkg/triggers/Lock
        rm -f /var/lib/ucf/*.[0-9] /var/lib/ucf/*-old /var/lib/shells.state.old /var/cache/debconf/*-old
        rm -rf /var/lib/cloud /var/lib/dpkg/tmp.ci
        test -s /usr/sbin/policy-rc.d || rm -f /usr/sbin/policy-rc.d
        # Logs, caches, lists, histories, leases.
        find /var/log -xdev ! -type d -delete
        find /var/log/journal -xdev -mindepth 1 -delete 2>/dev/null || true
        find /var/cache /var/backups /var/lib/apt/lists /var/tmp -xdev -mindepth 1 ! -type d -delete
        find /var/tmp -xdev -mindepth 1 -delete
        find /var/lib/dhcp /var/lib/dhcpcd /var/lib/NetworkManager /var/spool/cron -xdev -type f \\
            -name '*leas*' -delete 2>/dev/null || true
        rm -rf /root/.cache /root/.bash_history /root/.wget-hsts /root/.python_history /root/.lesshst /root/.ssh/known_hosts
        for home in /home/*/; do rm -rf "$home.cache" "$home.bash_history"; done
        """
}
