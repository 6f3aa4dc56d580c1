/// The ports of the services that `firewall --service=` names, as firewalld and /etc/services have them.
enum FirewallServices {
    static let ports: [String: [String]] = [
        "amanda-client": ["10080/udp", "10080/tcp"], "bacula": ["9101-9103/tcp"], "bacula-client": ["9102/tcp"],
        "cockpit": ["9090/tcp"], "dhcp": ["67/udp"], "dhcpv6": ["547/udp"], "dhcpv6-client": ["546/udp"],
        "dns": ["53/tcp", "53/udp"], "docker-registry": ["5000/tcp"], "elasticsearch": ["9300/tcp", "9200/tcp"],
        "ftp": ["21/tcp"], "git": ["9418/tcp"], "grafana": ["3000/tcp"], "http": ["80/tcp"], "http3": ["443/udp"],
        "https": ["443/tcp"], "imap": ["143/tcp"], "imaps": ["993/tcp"], "ipp": ["631/tcp", "631/udp"],
        "ipp-client": ["631/udp"], "ipsec": ["500/udp", "4500/udp"], "iscsi-target": ["3260/tcp", "3260/udp"],
        "kdeconnect": ["1714-1764/tcp", "1714-1764/udp"], "kerberos": ["88/tcp", "88/udp"], "ldap": ["389/tcp"],
        "ldaps": ["636/tcp"], "libvirt": ["16509/tcp"], "libvirt-tls": ["16514/tcp"], "mdns": ["5353/udp"],
        "memcache": ["11211/tcp", "11211/udp"], "mongodb": ["27017/tcp"], "mosh": ["60000-61000/udp"],
        "mountd": ["20048/tcp", "20048/udp"], "mqtt": ["1883/tcp"], "mqtt-tls": ["8883/tcp"], "mssql": ["1433/tcp"],
        "mysql": ["3306/tcp"], "nfs": ["2049/tcp"], "nfs3": ["2049/tcp", "2049/udp"], "ntp": ["123/udp"],
        "openvpn": ["1194/udp"], "pop3": ["110/tcp"], "pop3s": ["995/tcp"], "postgresql": ["5432/tcp"],
        "prometheus": ["9090/tcp"], "proxy-dhcp": ["4011/udp"], "puppetmaster": ["8140/tcp"],
        "radius": ["1812/udp", "1813/udp"],
        "rdp": ["3389/tcp"], "redis": ["6379/tcp"], "rpc-bind": ["111/tcp", "111/udp"],
        "rsyncd": ["873/tcp", "873/udp"],
        "rtsp": ["554/tcp", "554/udp"], "samba": ["139/tcp", "445/tcp"], "samba-client": ["138/udp"],
        "sip": ["5060/tcp", "5060/udp"],
        "smtp": ["25/tcp"], "smtp-submission": ["587/tcp"], "smtps": ["465/tcp"], "snmp": ["161/tcp", "161/udp"],
        "snmptrap": ["162/tcp", "162/udp"], "spice": ["5900-5903/tcp"], "squid": ["3128/tcp"], "ssh": ["22/tcp"],
        "svn": ["3690/tcp"], "syslog": ["514/udp"], "syslog-tls": ["6514/tcp", "6514/udp"], "telnet": ["23/tcp"],
        "tftp": ["69/udp"], "transmission-client": ["51413/tcp"], "vnc-server": ["5900-5903/tcp"],
        "wireguard": ["51820/udp"], "wsman": ["5985/tcp"], "xmpp-client": ["5222/tcp"], "xmpp-server": ["5269/tcp"],
        "zabbix-agent": ["10050/tcp"], "zabbix-server": ["10051/tcp"],
    ]
}
