import Diagnostics
import Kickstart

// Each command to what compiles it.
extension KickstartCompiler {
    mutating func compile(_ statement: CommandStatement) {
        switch statement.command {
        case .partition(let command): compile(command)
        case .volumeGroup(let command): compile(command)
        case .logicalVolume(let command): compile(command)
        case .raid: refuseRAID()
        case .btrfs(let command): compile(command)
        case .mount(let command): compile(command)
        case .reqPart(let command): compile(command)
        case .autoPart(let command): compile(command)
        case .clearPart(let command): compile(command)
        case .bootloader(let command): compile(command)
        case .url(let command): compile(command)
        case .repository(let command): compile(command)
        case .rootPassword(let command): compile(command)
        case .user(let command): compile(command)
        case .group(let command): compile(command)
        case .sshKey(let command): compile(command)
        case .language(let command): compile(command)
        case .keyboard(let command): compile(command)
        case .timeZone(let command): compile(command)
        case .timeSource(let command): compile(command)
        case .languageSupport(let command): compile(command)
        case .xconfig(let command): compile(command)
        case .network(let command): compile(command)
        case .firewall(let command): compile(command)
        case .selinux(let command): compile(command)
        case .services(let command): compile(command)
        case .firstBoot(let command): compile(command)
        case .skipx: setBootTarget("multi-user.target")
        case .authConfig(let arguments): compileAuthentication(arguments)
        case .deprecated: noOp("this version of the language does nothing for it")
        default:
            guard let row = KickstartCommandTable.row(named: statement.name.value) else {
                return unsupported(
                    "there is no meaning for '\(statement.name.value)'", hint: "leave the line out")
            }
            switch row.meaning {
            case .noOp: noOp(row.text)
            case .applied, .refused: unsupported(row.text, hint: row.hint ?? "leave the line out")
            }
        }
    }

    /// `auth --enableshadow --passalgo=sha512` says what Debian does anyway.
    private mutating func compileAuthentication(_ arguments: Located<String>) {
        let usual = ["--enableshadow", "--useshadow", "--enablemd5", "--updateall", "--kickstart", "--nostart"]
        let words = arguments.value.split(separator: " ").map(String.init)
        if words.allSatisfy({ usual.contains($0) || $0.hasPrefix("--passalgo") || $0 == "sha512" }) {
            return noOp("Debian keeps hashes in /etc/shadow and makes them with yescrypt by itself")
        }
        unsupported(
            "accounts are looked up as Debian's PAM is set up",
            hint: "set it up in a %post script, with pam-auth-update")
    }
}
