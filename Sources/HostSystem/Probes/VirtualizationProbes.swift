import FileTrees
import Glibc

extension Doctor {
    /// QEMU, and what a guest of 512 bytes showed.
    typealias Trial = Task<(qemu: QEMU, kvm: KVMProof.Verdict), any Error>

    func virtualizationProbes(_ trial: Trial) -> [Probe] {
        [
            Probe(name: "QEMU") { try qemu(try await trial.waited) },
            Probe(name: "KVM", isOptional: true) { kvm(try await trial.waited.kvm) },
            Probe(name: "qemu-img", run: diskTool),
            Probe(name: "UEFI firmware") { firmware(secureBoot: false) },
            Probe(name: "UEFI firmware, Secure Boot") { firmware(secureBoot: true) },
            Probe(name: "kernel in /boot", run: kernel),
            Probe(name: "libguestfs", limit: 240) { try await guestfs(try await trial.waited.kvm) },
            Probe(name: "ssh client") { .works(try await versionLine(of: "ssh", "-V", package: "openssh-client")) },
        ]
    }

    /// A fresh trial, for a person asks; the builds' remembered verdict follows it.
    func virtualization() async throws -> (qemu: QEMU, kvm: KVMProof.Verdict) {
        let qemu = try await QEMU.find(runner: host.runner)
        let scratch = try host.scratch.newFolder("kvm")
        defer { try? removeTree(scratch) }
        let verdict = try await KVMProof(runner: host.runner, qemu: qemu, scratch: scratch)
            .renewedVerdict(remembering: FactMemory(host.store))
        return (qemu, verdict)
    }

    private func qemu(_ found: (qemu: QEMU, kvm: KVMProof.Verdict)) throws -> Finding {
        try found.qemu.require(for: found.kvm.accelerator)
        return .works("'\(found.qemu.executable) --version' says \(found.qemu.version)")
    }

    private func kvm(_ verdict: KVMProof.Verdict) -> Finding {
        if verdict.works { return .works("\(verdict.reason), in \(Self.seconds(verdict.seconds))") }
        let proof = "\(verdict.reason); builds work without, emulated, and take longer"
        if access("/dev/kvm", F_OK) != 0 {
            return .missing(proof, mend: Doctor.asRoot("sh -c 'modprobe kvm_intel || modprobe kvm_amd'"))
        }
        if access("/dev/kvm", R_OK | W_OK) != 0 {
            return .broken(proof, mend: "sudo usermod --append --groups kvm \(UserNames.current)")
        }
        // The device is there and open: the hypervisor below does not carry guests of its own.
        return .broken(proof)
    }

    private func diskTool() async throws -> Finding {
        let scratch = try host.scratch.newFolder("qemu-img")
        defer { try? removeTree(scratch) }
        let create = Command("qemu-img", ["create", "-q", "-f", "qcow2", "\(scratch)/proof.qcow2", "1M"])
        let check = Command("qemu-img", ["check", "-q", "\(scratch)/proof.qcow2"])
        do {
            try await host.runner.check(create, purpose: "make a disk")
            try await host.runner.check(check, purpose: "check a disk")
        } catch var error as HostError {
            error.hint = Doctor.install("qemu-utils")
            throw error
        }
        return .works("a qcow2 disk was made and checked")
    }

    private func firmware(secureBoot: Bool) -> Finding {
        guard let firmware = UEFIFirmware.find(secureBoot: secureBoot) else {
            return .missing(
                "no descriptor in \(UEFIFirmware.folders.last ?? "") names one that is there",
                mend: Doctor.install("ovmf"))
        }
        do {
            let code = try Files.read(firmware.code).count
            let variables = try Files.read(firmware.variables).count
            let size = Files.sizeText(Int64(code + variables))
            return .works(
                "\(Files.name(of: firmware.code)) and \(Files.name(of: firmware.variables)) were read (\(size))")
        } catch {
            return .broken(error.message, mend: Doctor.asRoot("chmod a+r \(firmware.code) \(firmware.variables)"))
        }
    }

    /// libguestfs' appliance is made from it; some distributions keep it from users.
    private func kernel() async throws -> Finding {
        let names = try Files.names(in: "/boot").filter { $0.hasPrefix("vmlinuz-") }
        guard !names.isEmpty else {
            return .missing("/boot holds no kernel", mend: Doctor.install("linux-image-cloud-amd64"))
        }
        var reason = ""
        for name in names.reversed() {
            do {
                let size = try Files.read("/boot/\(name)").count
                let release = name.dropFirst("vmlinuz-".count)
                guard Files.exists("/lib/modules/\(release)") else {
                    reason = "/lib/modules/\(release) does not exist"
                    continue
                }
                return .works("/boot/\(name) was read (\(Files.sizeText(Int64(size)))), its modules are there")
            } catch {
                reason = error.message
            }
        }
        return .broken(reason, mend: Doctor.asRoot("chmod a+r \(names.map { "/boot/\($0)" }.joined(separator: " "))"))
    }

    private func guestfs(_ verdict: KVMProof.Verdict) async throws -> Finding {
        guard let launchGuestfs else { return .notNeeded("nothing here uses it") }
        return .works(try await launchGuestfs(verdict.works))
    }

    static func seconds(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) s"
    }
}

enum UserNames {
    /// The name of the user that this process runs as; the number where it has none.
    static var current: String {
        guard let entry = getpwuid(geteuid()) else { return "\(geteuid())" }
        return String(cString: entry.pointee.pw_name)
    }
}

extension Task where Failure == any Error {
    /// Its value; ends early when the task that waits is cancelled.
    fileprivate var waited: Success {
        get async throws {
            try await withTaskCancellationHandler {
                try await value
            } onCancel: {
                cancel()
            }
        }
    }
}
