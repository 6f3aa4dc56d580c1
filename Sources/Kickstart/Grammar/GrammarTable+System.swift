extension GrammarTable {
    /// What the system is to be.
    static let system = """
        command rootpw
          password string?
          --iscrypted flag
          --lock flag in F8- R6-
          --plaintext off > iscrypted in F8- R6-
          --allow-ssh flag in F37- R9-
        command user in F6- R5-
          --groups list
          --homedir string
          --iscrypted flag
          --name string required
          --password string
          --shell string
          --uid int
          --lock flag in F8- R6-
          --plaintext off > iscrypted in F8- R6-
          --gecos string in F12- R6-
          --gid int in F19- R7-
        command group in F12- R6-
          --name string required
          --gid int
        command sshkey in F22- R8-
          --username string required
          sshkey string
        command sshpw in F13- R6-
          --username string required
          --iscrypted flag
          --plaintext off > iscrypted
          --lock flag
          password string*
          --sshkey flag in F24- R8-
        command lang
          lang string
          --addsupport list in F19- R7-
        command keyboard
          kbd string*
          --vckeymap string in F18- R7-
          --xlayouts list in F18- R7-
          --switch list in F18- R7-
        command timezone
          --utc flag in F3-5 F25- R3-4 R8-
          timezone string in F3-24 R3-6
          --utc|--isUtc flag in F6-24 R5-7
          --nontp flag in F18-39 R7-9
          --ntpservers list in F18-39 R7-9
          timezone string* in F25- R7-
          --isUtc on > utc in F25-39 R8-9
          --isUtc on > utc deprecated in F40-
          --nontp flag deprecated in F40-
          --ntpservers list deprecated in F40-
        command timesource in F33- R9-
          --ntp-server string
          --ntp-pool string
          --ntp-disable flag
          --nts flag
        command langsupport in F3-7 R3-5
          deprecated in F5-6 R5
          removed in F7
          --default string = en_US.UTF-8
        command xconfig
          --card string in F3-5 R3-4
          --defaultdesktop string
          --depth int in F3-9 R3-5
          --hsync string in F3-5 R3-4
          --monitor string in F3-5 R3-4
          --noprobe flag in F3-5 R3-4
          --resolution string in F3-9 R3-5
          --server string in F3-5 R3-4
          --startxonboot flag
          --videoram string in F3-9 R3-5
          --vsync string in F3-5 R3-4
          --card string deprecated in F6-8 R5
          --driver string in F6-9 R5
          --hsync string deprecated in F6-8 R5
          --monitor string deprecated in F6-8 R5
          --noprobe string deprecated in F6-8 R5
          --vsync string deprecated in F6-8 R5
          --driver string deprecated in F10-13 R6
          --depth string deprecated in F10-13 R6
          --resolution string deprecated in F10-13 R6
          --videoram string deprecated in F10-13 R6
        command monitor in F3-18 R3-6
          deprecated in F10-17 R6
          removed in F18
          --hsync string
          --monitor string
          --vsync string
          --noprobe flag in F6-9 R5
        command mouse in F3-7 R3-5
          deprecated in F3-6 R4-5
          removed in F7
          --device string
          --emulthree flag
        command skipx
        command network
          --bootproto choice:dhcp,bootp,static = dhcp in F3-8 R3-4
          --dhcpclass string
          --device string
          --essid string
          --ethtool string
          --gateway string
          --hostname string
          --ip string
          --mtu string
          --nameserver string
          --netmask string
          --nodns flag
          --onboot bool
          --wepkey string
          --notksdevice flag in F4- R4-
          --noipv4 flag in F6- R5-
          --noipv6 flag in F6- R5-
          --bootproto choice:dhcp,bootp,static,query = dhcp in F9-15 R5
          --ipv6 string in F8- R6-
          --bootproto choice:dhcp,bootp,static,query,ibft = dhcp in F16- R6-
          --activate flag in F16- R6-
          --nodefroute flag in F16- R6-
          --vlanid string in F19- R6-
          --bondslaves string in F19- R6-
          --bondopts string in F19- R6-
          --wpakey string in F16- R7-
          --ipv6gateway string in F19- R7-
          --teamslaves teamslaves in F20- R7-9
          --teamconfig string in F20- R7-9
          --interfacename string in F21- R7-
          --bridgeslaves string in F22- R7-
          --bridgeopts string in F22- R7-
          --no-activate off > activate in F25- R7-
          --bindto choice:mac in F27- R7-
          --ipv4-dns-search string in F39- R9-
          --ipv6-dns-search string in F39- R9-
          --ipv4-ignore-auto-dns flag in F39- R9-
          --ipv6-ignore-auto-dns flag in F39- R9-
          --teamslaves teamslaves deprecated in R10-
          --teamconfig string deprecated in R10-
        command firewall
          --disable|--disabled off > enabled
          --enable|--enabled on > enabled
          --ftp append:21:tcp > ports in F3-9 R3-5
          --http append:80:tcp,443:tcp > ports in F3-9 R3-5
          --smtp append:25:tcp > ports in F3-9 R3-5
          --ssh append:22:tcp > ports in F3-9 R3-5
          --telnet append:23:tcp > ports in F3-9 R3-5
          --high string deprecated in F3-8 R3-5
          --medium string deprecated in F3-8 R3-5
          --port ports > ports
          --trust strings > trusts
          --service lists > services in F10- R6-
          --ftp append:ftp > services in F10- R6-
          --http append:http > services in F10- R6-
          --smtp append:smtp > services in F10- R6-
          --ssh append:ssh > services in F10- R6-
          --telnet string deprecated in F10-13 R6
          --remove-service lists > removeServices in F20- R7-
          --use-system-defaults flag in F28- R8-
        command selinux in F3- R4-
          --disabled const:disabled > mode
          --enforcing const:enforcing > mode
          --permissive const:permissive > mode
        command services in F6- R5-
          --disabled list
          --enabled list
        command firstboot
          --disable|--disabled const:disabled > mode
          --enable|--enabled const:enabled > mode
          --reconfig const:reconfig > mode
        command auth|authconfig
          removed in F35- R10-
        command authselect in F28- R8-
        command realm in F19- R7-
        command logging in F6- R5-
          --host string
          --port string
          --level choice:debug,info,warning,error,critical = info in F6-33 R5-8
          --level string deprecated in F34-39 R9
        command rhsm in R8-
          --organization string required
          --activation-key strings > activationKeys required
          --connect-to-insights flag
          --proxy string
          --server-hostname string
          --rhsm-baseurl string
          --flatpak-registry-url string in R10-
        command syspurpose in R8-
          --role string
          --sla string
          --usage string
          --addon strings > addons
        command eula in F20- R7-
          --agreed|--agree|--accepted|--accept flag
        """
}
