package import Diagnostics

/// What a deployer says of one instance of the appliance: an address, a password, a port. Its value comes at first boot
/// (docs/first-boot.md) and is never part of the image.
package struct Parameter: Sendable {
    package enum Kind: String, Sendable, Codable, CaseIterable {
        /// One line.
        case string
        /// Any number of lines.
        case text
        /// One line that is secret unless the spec says otherwise.
        case password
        case integer
        /// 1 to 65535.
        case port
        /// `true` or `false`.
        case boolean
        /// One of `choices`.
        case choice
        case hostname
        case email
        /// `http` or `https`.
        case url
        /// IPv4 or IPv6.
        case address
    }

    package var name: Located<String>
    package var kind: Kind
    /// One line, for people.
    package var description: String
    /// As text, whatever the kind: `true`, `8080`. Never of a secret, unless it is empty.
    package var standard: String?
    package var isRequired: Bool
    /// Kept out of logs and of all but root's sight; one that is neither required nor has a default is generated.
    package var isSecret: Bool
    /// Whether one that was generated is shown, once, on the console.
    package var isShown: Bool
    /// What environment files and scripts call it: `ADMIN_PASSWORD`.
    package var variable: String
    package var choices: [String]
    /// A regular expression that all of the value has to match.
    package var pattern: String?
    /// Of an integer.
    package var minimum: Int?
    package var maximum: Int?
    /// Characters.
    package var minimumLength: Int?
    package var maximumLength: Int?
    /// What `stonebake test` gives where the call gives nothing; it is not in the image.
    package var example: String?

    /// Whether each instance makes its own where none is given.
    package var isGenerated: Bool { isSecret && !isRequired && standard == nil }

    /// For the application kinds.
    ///
    /// - Parameter variable: nil: the name in capitals, with `_`.
    package init(
        _ name: Located<String>, _ kind: Kind, _ description: String, standard: String? = nil,
        isRequired: Bool = false, isSecret: Bool? = nil, isShown: Bool = true, variable: String? = nil,
        choices: [String] = [], pattern: String? = nil, minimum: Int? = nil, maximum: Int? = nil,
        minimumLength: Int? = nil, maximumLength: Int? = nil, example: String? = nil
    ) {
        self.name = name
        self.kind = kind
        self.description = description
        self.standard = standard
        self.isRequired = isRequired
        self.isSecret = isSecret ?? (kind == .password)
        self.isShown = isShown
        self.variable = variable ?? Parameter.variable(of: name.value)
        self.choices = choices
        self.pattern = pattern
        self.minimum = minimum
        self.maximum = maximum
        self.minimumLength = minimumLength
        self.maximumLength = maximumLength
        self.example = example
    }

    /// `admin-password` is `ADMIN_PASSWORD`.
    package static func variable(of name: String) -> String {
        String(name.uppercased().map { $0 == "-" ? "_" : $0 })
    }
}

/// What happens at first boot and at every boot, before the application starts: said by the spec, and by the
/// application's kind.
package struct FirstBootWork: Sendable {
    /// A file of `NAME="value"` lines, as systemd's `EnvironmentFile=` reads it.
    package struct Environment: Sendable {
        package var path: Located<String>
        /// By name; nil: all of the appliance.
        package var parameters: [Located<String>]?
        /// Nil for 0600.
        package var mode: UInt16?
        /// `user` or `user:group`; nil for root.
        package var owner: String?

        package init(
            _ path: Located<String>, parameters: [Located<String>]? = nil, mode: UInt16? = nil, owner: String? = nil
        ) {
            self.path = path
            self.parameters = parameters
            self.mode = mode
            self.owner = owner
        }
    }

    /// A file whose text holds values: `${NAME}`, or `${NAME|FILTER}` (`Template.filters`); `$${` is `${`.
    package struct Template: Sendable {
        package var path: Located<String>
        package var text: String
        /// Nil for 0600.
        package var mode: UInt16?
        package var owner: String?
        /// Where the text stands.
        package var range: SourceRange?

        package init(
            _ path: Located<String>, text: String, mode: UInt16? = nil, owner: String? = nil, range: SourceRange? = nil
        ) {
            self.path = path
            self.text = text
            self.mode = mode
            self.owner = owner
            self.range = range
        }

        package static let filters = ["json", "shell", "url", "html"]
    }

    /// Run as root with every parameter in its environment. Exit status 0, or it is tried again at the next boot or
    /// call of stonebake-firstboot, and the application does not start.
    package struct Script: Sendable {
        package enum Frequency: String, Sendable, Codable {
            /// Once for each system disk: under data that stay, a new version of the image runs it again.
            case firstBoot = "first-boot"
            case everyBoot = "every-boot"
        }

        /// Unique within the appliance.
        package var name: String
        package var frequency: Frequency
        /// With its interpreter line; without one /bin/sh runs it.
        package var text: String
        package var interpreter: String?
        /// Parameters for whose sake it is run again when they have another value than when it ran last; nil: all of them,
        /// and for a script of the first boot none.
        package var whenChanged: [Located<String>]?
        package var range: SourceRange?

        package init(
            _ name: String, _ frequency: Frequency, text: String, interpreter: String? = nil,
            whenChanged: [Located<String>]? = nil, range: SourceRange? = nil
        ) {
            self.name = name
            self.frequency = frequency
            self.text = text
            self.interpreter = interpreter
            self.whenChanged = whenChanged
            self.range = range
        }
    }

    package var environments: [Environment] = []
    package var templates: [Template] = []
    package var scripts: [Script] = []
    /// Units that do not start before all of it is done.
    package var units: [Located<String>] = []
    /// Units that have to run before the scripts do: `postgresql.service`.
    package var needs: [Located<String>] = []
    /// Ports on which a page with status 503 says what is missing, as long as something is.
    package var pagePorts: [Int] = []
    /// Folders of the image that hold the application's state: they lie on the data disk, where there is one.
    package var dataFolders: [Located<String>] = []

    package init() {}

    /// What was said before comes first.
    package static func + (one: Self, other: Self) -> Self {
        var sum = one
        sum.environments += other.environments
        sum.templates += other.templates
        sum.scripts += other.scripts
        sum.units += other.units.filter { unit in !one.units.contains { $0.value == unit.value } }
        sum.needs += other.needs.filter { unit in !one.needs.contains { $0.value == unit.value } }
        sum.pagePorts += other.pagePorts.filter { !one.pagePorts.contains($0) }
        sum.dataFolders += other.dataFolders.filter { folder in
            !one.dataFolders.contains { $0.value == folder.value }
        }
        return sum
    }

    /// Whether anything is to be done for the application.
    package var isEmpty: Bool {
        environments.isEmpty && templates.isEmpty && scripts.isEmpty && units.isEmpty && needs.isEmpty
            && pagePorts.isEmpty
    }
}
