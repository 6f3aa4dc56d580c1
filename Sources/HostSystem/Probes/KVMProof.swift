import FileTrees
import FoundationEssentials
import Glibc

/// Small facts that outlive a run; the content store keeps them.
package struct FactMemory: Sendable {
    package let recall: @Sendable (_ name: String) -> String?
    package let remember: @Sendable (_ name: String, _ text: String) -> Void

    package init(
        recall: @escaping @Sendable (_ name: String) -> String?,
        remember: @escaping @Sendable (_ name: String, _ text: String) -> Void
    ) {
        self.recall = recall
        self.remember = remember
    }

    package static let none = FactMemory(recall: { _ in nil }, remember: { _, _ in })

    /// The facts of a content store. One that cannot be written is found out again by the next run.
    package init(_ store: ContentStore) {
        recall = { (try? store.recall($0)) ?? nil }
        remember = { name, text in try? store.remember(text, as: name) }
    }
}

extension Host {
    /// QEMU and the accelerator that works with it here: what every boot of a guest starts from.
    ///
    /// - Throws: `HostError` when QEMU is missing or too old, `CancellationError`.
    package func virtualization() async throws -> (qemu: QEMU, proof: KVMProof.Verdict) {
        let qemu = try await QEMU.find(runner: runner)
        let proof = try await KVMProof(runner: runner, qemu: qemu, scratch: try scratch.newFolder("proof"))
            .verdict(remembered: FactMemory(store))
        try qemu.require(for: proof.accelerator)
        return (qemu, proof)
    }
}

/// Whether an accelerator runs a guest: shown by running one, for that /dev/kvm opens says nothing.
package struct KVMProof: Sendable {
    package struct Verdict: Sendable, Codable, Equatable {
        package var works: Bool
        /// How it ended, in one sentence.
        package var reason: String
        /// Seconds that the trial took.
        package var seconds: Double

        package init(works: Bool, reason: String, seconds: Double) {
            self.works = works
            self.reason = reason
            self.seconds = seconds
        }

        package var accelerator: Accelerator { works ? .kvm : .tcg }
    }

    /// Seconds that the guest may take; with a KVM that works it takes a tenth of one.
    package static let limit = 4.0

    private let runner: CommandRunner
    private let qemu: QEMU
    /// A folder that the trial's disk is written into; it is removed at the end.
    private let scratch: String

    package init(runner: CommandRunner, qemu: QEMU, scratch: String) {
        self.runner = runner
        self.qemu = qemu
        self.scratch = scratch
    }

    /// What the last trial on this kernel, this QEMU and this boot of the machine said; a new trial where there was
    /// none. That KVM does not work is told once, when it is found out.
    ///
    /// - Throws: `HostError`, `CancellationError`.
    package func verdict(remembered facts: FactMemory) async throws -> Verdict {
        if let text = facts.recall(Self.factName),
            let fact = try? JSONDecoder().decode(Fact.self, from: Data(text.utf8)),
            fact.key == key
        {
            return fact.verdict
        }
        let verdict = try await renewedVerdict(remembering: facts)
        if !verdict.works {
            runner.progress.send(
                .message(
                    .notice,
                    "KVM is not used: \(verdict.reason); QEMU emulates instead, which is several times slower"))
        }
        return verdict
    }

    /// A new trial, remembered for those who ask for a remembered one.
    ///
    /// - Throws: `HostError`, `CancellationError`.
    package func renewedVerdict(remembering facts: FactMemory) async throws -> Verdict {
        let verdict = try await run(.kvm)
        if let data = try? JSONEncoder().encode(Fact(key: key, verdict: verdict)) {
            facts.remember(Self.factName, String(decoding: data, as: UTF8.self))
        }
        return verdict
    }

    private static let factName = "kvm-proof"

    /// What a verdict holds for: this kernel, this QEMU, this boot of the machine.
    private var key: String {
        [
            Self.line("/proc/sys/kernel/osrelease"), "\(qemu.version)", Self.line("/proc/sys/kernel/random/boot_id"),
            // A user who is put into the group kvm must not be held to an older verdict.
            access("/dev/kvm", R_OK | W_OK) == 0 ? "open" : "closed",
        ].joined(separator: " ")
    }

    /// Boots the proof guest.
    ///
    /// - Throws: `HostError`, `CancellationError`.
    package func run(_ accelerator: Accelerator, limit: Double = KVMProof.limit) async throws -> Verdict {
        if accelerator == .kvm {
            guard Files.exists("/dev/kvm") else {
                return Verdict(works: false, reason: "this machine has no /dev/kvm", seconds: 0)
            }
            guard access("/dev/kvm", R_OK | W_OK) == 0 else {
                return Verdict(works: false, reason: "this user may not open /dev/kvm", seconds: 0)
            }
        }
        let disk = "\(scratch)/proof-\(UUID().uuidString).raw"
        try Files.write(ProofGuest.disk, to: disk)
        defer { try? Files.remove(disk) }
        let command = ProofGuest.command(qemu, accelerator, disk: disk)
        let clock = ContinuousClock()
        let start = clock.now
        let result = try await withTimeLimit(seconds: limit) { [runner] in try await runner.run(command) }
        return KVMProof.judge(result, limit: limit, seconds: (clock.now - start).inSeconds)
    }

    /// Turns how QEMU ended into a verdict; nil is a guest that did not end within the limit.
    static func judge(_ result: CommandResult?, limit: Double, seconds: Double) -> Verdict {
        guard let result else {
            return Verdict(
                works: false, reason: "a guest of 512 bytes hung (ended after \(Int(limit)) s)", seconds: seconds)
        }
        if result.status == .exited(ProofGuest.exitStatus), result.text.contains(ProofGuest.word) {
            return Verdict(works: true, reason: "a guest of 512 bytes ran in 64-bit mode", seconds: seconds)
        }
        let how =
            switch result.status {
            case .exited(let code): "QEMU ended with status \(code)"
            case .signalled(let signal): "QEMU was ended by signal \(signal)"
            }
        let words = result.tail.last { !$0.contains("warning:") }.map { $0.trimmingPrefix("qemu-system-x86_64: ") }
        let last = words.map { " (\($0.prefix(60))\($0.count > 60 ? "…" : ""))" } ?? ""
        return Verdict(works: false, reason: how + last, seconds: seconds)
    }

    private static func line(_ path: String) -> String {
        ((try? Files.readText(path)) ?? "?").split(separator: "\n").first.map(String.init) ?? "?"
    }

    private struct Fact: Codable {
        var key: String
        var verdict: Verdict
    }
}
