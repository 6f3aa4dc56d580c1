import ApplianceSpec
import BuildPlanning
import Diagnostics
import DiskAssembly
import HostSystem

/// libguestfs for the disks of one run: started once, and only when one of them is expected to need it.
struct DiskLooking: Sendable {
    let session: DiskSession?
    let useKVM: Bool
    /// Opened when the processors have room for libguestfs' start and what else nobody waits for yet.
    let gate: Gate

    init(host: Host, plans: [BuildPlan], useKVM: Bool) async throws {
        self.useKVM = useKVM
        gate = Gate()
        let disk = DiskAssembler(host: host)
        let unseen = try plans.filter { plan in
            // Disks that their spec divides are looked at in a start of their own, by the full appliance.
            guard let step = plan[.disk], plan.storage == nil, try host.store.entry(step.digest) == nil else {
                return false
            }
            // Another base or other packages mean another kernel or boot loader, as far as anybody knows before.
            return try disk.expectsLook(step)
                || [.base, .packages].contains { kind in
                    try plan[kind].map { try host.store.entry($0.digest) == nil } ?? false
                }
        }
        session =
            unseen.isEmpty
            ? nil
            : try await disk.prepare(
                useKVM: useKVM, upperBound: unseen.map(Self.upperBound).max() ?? 0, count: unseen.count, after: gate)
    }

    /// Ends libguestfs.
    func end() async {
        gate.open()
        await session?.cancel()
    }

    /// More than the disk can need: what the packages say they occupy, half as much again for what their scripts
    /// make (initramfs, byte code, caches), and room for the application. A sparse file costs only what is in it.
    private static func upperBound(_ plan: BuildPlan) -> Int64 {
        let installed = plan.lock.packages.reduce(0) { $0 + $1.installedSize }
        if case .fixed(let size) = plan.appliance.disk.size.value { return max(size.bytes, installed) }
        return installed * 3 + 4 << 30
    }
}
