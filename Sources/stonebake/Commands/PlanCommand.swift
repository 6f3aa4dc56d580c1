import ApplianceSpec
import ArgumentParser
import BuildPlanning
import Diagnostics
import Foundation
import HostSystem
import PackageResolution
import ProgressDisplay

struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show what a build would do, what of it is cached, and why the rest is not.",
        discussion: """
            Works without a network when the spec has a lock; otherwise the packages are resolved, and nothing is \
            written.

            EXAMPLE
              stonebake plan Appliances/wsgi/appliance.yaml --expand
            """)

    @OptionGroup var spec: SpecOptions
    @OptionGroup var host: HostOptions

    @Flag(help: "Show what the application kind expands to: packages, files, users, services, checks.")
    var expand = false

    func run() async throws {
        let loaded = try LoadedSpec(spec)
        try await Session.run(host, purpose: "plan-\(loaded.appliance.name.value)") { session in
            var notes: [String] = []
            let lock: Lockfile
            if let present = try loaded.readLock() {
                lock = present
                let stale = loaded.staleInputs(of: present)
                if !stale.isEmpty {
                    notes.append("The lock is stale: \(stale.joined(separator: ", ")) changed; a build renews it.")
                }
            } else {
                lock = try await Locking(host: session.host).resolve(loaded, previous: nil, update: .keep)
                notes.append("There is no lock yet; `stonebake lock` writes it.")
            }
            let plan = BuildPlan(
                appliance: loaded.appliance, lock: lock, hostFiles: try loaded.hostFileDigests(),
                secrets: try loaded.secretMarks(session.host, all: false))
            let text = try PlanText(plan: plan, store: session.host.store, notes: notes).text
            session.display.finish()
            print(text)
            if expand { print("\n" + expansionText(loaded.appliance)) }
        }
    }
}
