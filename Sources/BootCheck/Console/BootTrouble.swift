/// Why a guest will never come up.
package struct BootTrouble: Sendable, Codable, Equatable {
    package enum Kind: String, Sendable, Codable, CaseIterable {
        case kernelPanic = "kernel-panic"
        case initramfsShell = "initramfs-shell"
        case emergencyShell = "emergency-shell"
        case bootLoaderPrompt = "boot-loader-prompt"
        case noBootableDevice = "no-bootable-device"
        case uefiShell = "uefi-shell"
        case secureBoot = "secure-boot-refusal"
        case initFroze = "init-froze"
        case rebootLoop = "reboot-loop"
        case poweredOff = "powered-off"
        case machineEnded = "machine-ended"
        case passphraseWanted = "passphrase-wanted"

        /// What is said of it, in one sentence.
        package var sentence: String {
            switch self {
            case .kernelPanic: "the kernel panicked"
            case .initramfsShell: "the initramfs did not find the root filesystem and dropped to its shell"
            case .emergencyShell: "systemd dropped to its emergency shell"
            case .bootLoaderPrompt: "GRUB does not find its configuration or its files and waits at its prompt"
            case .noBootableDevice: "the firmware finds nothing to boot on the disk"
            case .uefiShell: "the firmware finds nothing to boot on the disk and started its shell"
            case .secureBoot: "Secure Boot refuses the boot loader or the kernel"
            case .initFroze: "systemd froze as process 1"
            case .rebootLoop: "the guest restarts again and again"
            case .poweredOff: "the guest switched itself off"
            case .machineEnded: "QEMU ended"
            case .passphraseWanted: "the guest asks for a passphrase that was not given, or is not the right one"
            }
        }
    }

    package var kind: Kind
    /// The line that showed it, or how QEMU told.
    package var evidence: String
    /// Seconds from the start of the machine.
    package var seconds: Double

    package init(kind: Kind, evidence: String, seconds: Double = 0) {
        self.kind = kind
        self.evidence = evidence
        self.seconds = seconds
    }
}
