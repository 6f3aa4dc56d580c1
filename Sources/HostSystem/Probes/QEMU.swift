package import FileTrees

/// The QEMU system emulator of this machine.
package struct QEMU: Sendable, Equatable {
    package struct Version: Sendable, Equatable, Comparable, Codable, CustomStringConvertible {
        package var major: Int
        package var minor: Int
        package var micro: Int

        package init(_ major: Int, _ minor: Int, _ micro: Int = 0) {
            self.major = major
            self.minor = minor
            self.micro = micro
        }

        package var description: String { "\(major).\(minor).\(micro)" }

        package static func < (left: Self, right: Self) -> Bool {
            (left.major, left.minor, left.micro) < (right.major, right.minor, right.micro)
        }
    }

    /// A name looked up in PATH, or a path.
    package var executable: String
    package var version: Version

    package init(executable: String, version: Version) {
        self.executable = executable
        self.version = version
    }

    /// Screenshots as PNG need this one (`screendump format=png`).
    package static let oldest = Version(7, 1)
    /// Older ones panic Debian 13's kernel when they emulate it with two CPUs or with `-cpu max`.
    package static let oldestEmulating = Version(8, 0)
    /// What installs one that is new enough on Debian 12, whose own is not.
    static var hint: String { Doctor.install("-t bookworm-backports qemu-system-x86 qemu-utils") }

    /// Asks the emulator for its version.
    ///
    /// - Throws: `HostError` (`toolMissing`, `unsupported`), `CancellationError`.
    package static func find(runner: CommandRunner, executable: String = "qemu-system-x86_64") async throws -> QEMU {
        let command = Command(executable, ["--version"]).with { $0.output = .capture(limit: 1 << 16) }
        do {
            let result = try await runner.check(command, purpose: "ask QEMU for its version")
            guard let version = version(in: result.text) else {
                throw HostError(
                    .unsupported, "'\(executable) --version' tells no version", notes: [String(result.text.prefix(200))]
                )
            }
            return QEMU(executable: executable, version: version)
        } catch var error as HostError where error.code == .toolMissing {
            error.hint = Doctor.install("qemu-system-x86 qemu-utils")
            throw error
        }
    }

    /// Nil when `text` is not what `qemu-system-x86_64 --version` prints.
    package static func version(in text: String) -> Version? {
        guard let start = text.firstRange(of: "version ") else { return nil }
        let digits = text[start.upperBound...].prefix { $0.isNumber || $0 == "." }
        let numbers = digits.split(separator: ".").compactMap { Int($0) }
        guard numbers.count >= 2 else { return nil }
        return Version(numbers[0], numbers[1], numbers.count > 2 ? numbers[2] : 0)
    }

    /// Refuses a QEMU with which a good image would not boot.
    ///
    /// - Throws: `HostError.unsupported` with the command that mends it.
    package func require(for accelerator: Accelerator) throws(HostError) {
        if version < QEMU.oldest {
            throw HostError(
                .unsupported, "QEMU \(version) is too old: at least \(QEMU.oldest) is needed", hint: QEMU.hint)
        }
        if accelerator == .tcg, version < QEMU.oldestEmulating {
            throw HostError(
                .unsupported,
                "QEMU \(version) cannot emulate the machine: Debian 13's kernel panics in it without KVM",
                hint: QEMU.hint)
        }
    }
}

/// What runs a guest's instructions.
package enum Accelerator: String, Sendable, Codable {
    case kvm
    /// QEMU's own emulation: works everywhere, several times slower.
    case tcg
}
