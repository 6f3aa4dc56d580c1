package import ContentDigest
package import Diagnostics

/// What the author of a spec means, with every default filled in and the application kind expanded. Both front ends
/// (YAML, Kickstart) end here, and everything after works from it alone.
package struct Appliance: Sendable {
    package var name: Located<String>
    package var version: Located<String>
    package var summary: String
    package var architecture: Architecture
    package var distribution: Distribution
    /// When the distribution's snapshot archive is to be asked for what its mirror no longer has; nil: never.
    package var snapshot: Located<SnapshotDate>?
    /// The repositories the spec adds to the distribution's own.
    package var repositories: [Repository]
    package var packages: PackageSelection
    package var application: Application?
    package var files: [FileEntry]
    package var users: [UserEntry]
    package var root = RootAccount()
    package var groups: [GroupEntry] = []
    package var services: ServiceSettings
    package var scripts: [ScriptEntry]
    package var system: SystemSettings
    /// Empty: DHCP on every card.
    package var network: [NetworkInterface] = []
    package var firewall: Firewall?
    package var bootLoader = BootLoaderSettings()
    /// Kept as they were written; none can serve a Debian base.
    package var rpmRepositories: [RPMRepository] = []
    package var disk: DiskSettings
    package var firstBoot: FirstBootSettings
    /// What a deployer gives, the spec's own and its application's.
    package var parameters: [Parameter] = []
    /// Its expansion is already among the scripts of `firstBoot`.
    package var recipe: Recipe?
    /// Memory of the machine that boots it, for checks and for formats that record it.
    package var memory: ByteSize
    package var cpus: Int
    /// Ports that something in the appliance listens on, as far as the spec says: the application's, sshd's, `ports:`.
    package var ports: [Int]
    package var checks: [Check]
    package var targets: [Located<Target>]
    package var formats = FormatSettings()
    /// Kernel modules that the initramfs has to hold, for the targets.
    package var initramfsModules: [String] = []
    /// The Python environment that the application needs, when it needs one.
    package var python: PythonEnvironment?
    /// Every spec file that was read, the named one first, then its bases.
    package var sources: [SourceFile]
    /// The folder of the named spec: where `appliance.lock` lies.
    package var directory: String
}

package enum Architecture: String, Sendable, Codable, CaseIterable {
    case amd64, arm64
}

package struct Distribution: Sendable {
    /// `debian`.
    package var name: String
    /// The code name: `trixie`, `bookworm`.
    package var release: Located<String>
}

/// An apt repository. It names an archive, which resolves to a mirror on the machine that builds, or gives a URI.
package struct Repository: Sendable {
    package enum Origin: Sendable, Hashable {
        case archive(String)
        case uri(String)
    }

    /// What locks and messages call it: `debian/trixie-updates`.
    package var id: String
    package var origin: Origin
    package var suite: Located<String>
    package var components: [String]
    /// Absolute path of the keyring that signs it; nil for the distribution's own archive keyring.
    package var signedBy: String?
    /// The content of that keyring, which a lock depends on; its path differs from machine to machine.
    package var keyring: Digest?
    /// An apt pin priority for all of it; nil for apt's own defaults (500, or what Release's NotAutomatic says).
    package var priority: Int?
    /// Of one version in several repositories, the one with the lowest cost is taken.
    package var cost: Int?
    /// Glob patterns: no package whose name matches none of them is taken from here; empty for no such limit.
    package var include: [String] = []
    /// Glob patterns: no package whose name matches one of them is taken from here.
    package var exclude: [String] = []
    package var range: SourceRange?

    package init(
        id: String, origin: Origin, suite: Located<String>, components: [String], signedBy: String? = nil,
        keyring: Digest? = nil, priority: Int? = nil, range: SourceRange? = nil
    ) {
        self.id = id
        self.origin = origin
        self.suite = suite
        self.components = components
        self.signedBy = signedBy
        self.keyring = keyring
        self.priority = priority
        self.range = range
    }
}

package struct PackageSelection: Sendable {
    /// Package requests as apt takes them: `nginx-light`, `foo=1.2-3`, `foo/trixie-backports`, `foo:amd64`.
    package var install: [Located<String>]
    /// Packages that must not be in the image.
    package var remove: [Located<String>]
    /// Whether Recommends are installed, as apt would by default.
    package var recommends: Bool
    /// False: manual pages and documentation are left out, their copyright files kept.
    package var hasDocumentation = true
    /// The languages whose message catalogues are kept; nil for all.
    package var languages: [String]?
}

/// The application that the spec asks for, as far as anything but its kind has to know it: its expansion is already merged
/// into packages, files, users, services, scripts and checks.
package struct Application: Sendable {
    /// Its key: `wsgi`.
    package var kind: String
    /// The TCP port that its pages are served on; nil where it serves none.
    package var port: Int?
    /// The TCP ports that it listens on for others, that one included.
    package var ports: [Int]
    /// The values that its files follow from, by their keys below the kind: `module`, `environment.GREETING`.
    package var settings: [String: String]
}

/// A virtual environment made with the image's own Python from locked wheels, offline.
package struct PythonEnvironment: Sendable {
    /// Where it lies in the image: `/opt/wsgi/venv`.
    package var path: String
    /// The requirements as text, and where they came from.
    package var requirements: SourceFile

    package init(path: String, requirements: SourceFile) {
        self.path = path
        self.requirements = requirements
    }
}

/// A file, folder tree or symbolic link that the spec puts into the image.
package struct FileEntry: Sendable {
    package enum Content: Sendable {
        case text(String)
        /// Absolute path on the host of a file or a folder; a folder is copied whole.
        case source(String)
        case symlink(String)
        case directory
        /// The path must not exist in the image: what a package put there is removed.
        case absent
    }

    /// Absolute path in the image.
    package var path: Located<String>
    package var content: Content
    /// Permission bits; nil for 0644 (0755 for directories and executable sources).
    package var mode: UInt16?
    /// `user` or `user:group`; nil for root.
    package var owner: String?
    package var range: SourceRange?
}

package struct UserEntry: Sendable {
    package enum Password: Sendable {
        case locked
        /// A crypt(5) hash.
        case hashed(String)
    }

    package var name: Located<String>
    package var uid: Int?
    /// Of the user's own group.
    package var gid: Int? = nil
    package var groups: [String]
    package var sshKeys: [String]
    package var password: Password
    package var shell: String?
    package var home: String?
    package var gecos: String?
    /// A system user: uid below 1000, no home folder made, nologin unless `shell` says otherwise.
    package var isSystem: Bool
}

package struct ServiceSettings: Sendable {
    package var enable: [Located<String>]
    package var disable: [Located<String>]
    package var mask: [Located<String>]
    /// The unit that booting is for: `multi-user.target`; nil for what the packages bring.
    package var bootTarget: Located<String>?
}

/// A script that runs in the image's root while it is built. Any exit status but 0 fails the build.
package struct ScriptEntry: Sendable {
    /// Where a script runs.
    package enum Place: String, Sendable, CaseIterable {
        /// With the image's root as its own.
        case image
        /// In the tree of the machine that builds, which it cannot write to; the root is a folder there.
        case host
    }

    package var name: String
    /// With its interpreter line; without one it is run by /bin/sh.
    package var text: String
    package var range: SourceRange?
    /// The file that holds it, as a person would type its path; nil when the text stands in the spec.
    package var file: String?
    /// The program that gets the text, with its arguments: `/usr/bin/python3`; nil for what the first line says.
    package var interpreter: String?
    /// A path in the image: where what it prints is kept.
    package var log: String?
    package var place = Place.image
}

package struct SystemSettings: Sendable {
    /// Nil: the image has none, and takes it from its data source at first boot.
    package var hostname: String?
    package var locale: String
    /// Made besides `locale`.
    package var moreLocales: [String] = []
    package var timezone: String
    /// Added to the kernel command line.
    package var kernelArguments: [String]
    package var keyboard: Keyboard?
    package var time: TimeSettings?
    package var selinux: SELinuxMode?
}

package struct DiskSettings: Sendable {
    package enum Size: Sendable { case automatic, fixed(ByteSize) }
    package enum Free: Sendable { case percent(Int), bytes(ByteSize) }
    package enum Firmware: String, Sendable, Codable, CaseIterable { case bios, uefi }
    package enum Filesystem: String, Sendable, Codable, CaseIterable { case ext4, xfs, btrfs }

    package var size: Located<Size>
    /// Kept free in the root filesystem when the size is automatic; percent is of the contents.
    package var free: Free
    /// The largest disk that is accepted.
    package var budget: Located<ByteSize>?
    package var boot: [Firmware]
    package var filesystem: Filesystem
    /// Nil: the standard layout, one ext4 root.
    package var storage: StorageSettings? = nil
    /// Part of `storage` already, but for what is bound to it.
    package var data: DataSettings? = nil
}

package struct FirstBootSettings: Sendable {
    /// cloud-init's `datasource_list`, in order: `NoCloud`, `ConfigDrive`, `OpenStack`, `Ec2`, …
    package var dataSources: [String]
    /// What the spec and the application's kind have done before the application starts.
    package var work = FirstBootWork()

    package init(dataSources: [String], work: FirstBootWork = FirstBootWork()) {
        self.dataSources = dataSources
        self.work = work
    }
}
