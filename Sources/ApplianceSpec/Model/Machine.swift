package import Diagnostics

// What the machine is besides its packages: accounts, keyboard, time, network, firewall, boot menu.

/// The account of root.
package struct RootAccount: Sendable {
    /// Nil: as the base system has it, which is locked.
    package var password: UserEntry.Password?
    package var sshKeys: [String] = []
    /// Whether sshd takes root's password; Debian's own answer is no.
    package var allowsSSHPassword = false
    package var range: SourceRange?

    package init(password: UserEntry.Password? = nil, sshKeys: [String] = [], range: SourceRange? = nil) {
        self.password = password
        self.sshKeys = sshKeys
        self.range = range
    }

    package var isUntouched: Bool { password == nil && sshKeys.isEmpty }
}

package struct GroupEntry: Sendable {
    package var name: Located<String>
    package var gid: Int?
    /// Its number, where none is given, is below 1000.
    package var isSystem: Bool
}

/// `/etc/default/keyboard` (keyboard(5)), which console-setup applies to the console and X to its screens.
package struct Keyboard: Sendable {
    /// XKB layouts in order: `us`, `de`.
    package var layouts: [String]
    /// The variant of each layout, empty for its standard one.
    package var variants: [String]
    package var model: String
    /// XKB options: `grp:alt_shift_toggle`.
    package var options: [String]
    package var range: SourceRange?
}

/// Where the machine gets its time.
package struct TimeSettings: Sendable {
    package var servers: [String] = []
    package var pools: [String] = []
    /// Network Time Security (RFC 8915), which only chrony has.
    package var usesNTS = false
    /// False: the clock is left to itself.
    package var isSynchronized = true
    package var range: SourceRange?
}

/// One network interface, or all that match, as netplan(5) has it.
package struct NetworkInterface: Sendable {
    package enum Selection: Sendable, Hashable {
        /// Every Ethernet card that there is.
        case any
        case name(String)
        /// Lower case, with colons.
        case mac(String)
    }

    package enum DHCP: String, Sendable, CaseIterable { case both, ipv4, ipv6, none }

    package var selection: Selection
    package var dhcp: DHCP
    /// With their prefix lengths: `192.0.2.10/24`.
    package var addresses: [String]
    package var gateways: [String]
    package var nameservers: [String]
    package var searchDomains: [String]
    package var mtu: Int?
    /// Whether IPv6 addresses come from router advertisements; nil: the kernel's own answer, which is yes.
    package var acceptsRouterAdvertisements: Bool?
    /// Whether it is brought up at boot.
    package var isActivated: Bool
    package var range: SourceRange?
}

/// What reaches the machine from outside.
package struct Firewall: Sendable {
    package struct Port: Sendable, Hashable {
        package enum Transport: String, Sendable, CaseIterable { case tcp, udp, sctp }

        package var first: Int
        package var last: Int
        package var transport: Transport
    }

    package var isEnabled: Bool
    package var ports: [Port]
    /// Interfaces from which everything is let in.
    package var trusted: [String]
    package var range: SourceRange?
}

package enum SELinuxMode: String, Sendable, CaseIterable {
    case enforcing, permissive, disabled
}

/// The boot loader's menu.
package struct BootLoaderSettings: Sendable {
    /// Seconds that the menu waits; nil for one.
    package var timeout: Int?
    /// A hash that grub-mkpasswd-pbkdf2 makes: without the password the first entry boots, and nothing can be edited.
    package var password: String?

    package init(timeout: Int? = nil, password: String? = nil) {
        self.timeout = timeout
        self.password = password
    }
}

/// A repository of rpm packages, as a Kickstart's `repo` and `url` name it.
package struct RPMRepository: Sendable {
    package enum Location: Sendable, Hashable {
        case baseURL(String)
        case mirrorList(String)
        case metalink(String)
    }

    package var name: String
    package var location: Location
    /// Of the same package in several repositories, the one with the lowest cost is taken; dnf's default is 1000.
    package var cost: Int?
    package var include: [String]
    package var exclude: [String]
    package var proxy: String?
    package var verifiesTLS: Bool
    package var range: SourceRange?
}
