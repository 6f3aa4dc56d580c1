import ArgumentParser
import Diagnostics
import DiskAssembly
import Foundation
import HostSystem
import ProgressDisplay

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Find out whether this machine can build, and what mends it where it cannot.",
        discussion: """
            Each thing that a build needs is used, not only looked for: a guest is run for KVM, libguestfs is launched, \
            a namespace made, an overlay mounted in it, the archives' signatures verified. Nothing is changed. Without \
            KVM it takes about half a minute, most of it libguestfs.

            EXAMPLE
              stonebake doctor
              stonebake doctor --json | jq '.probes[] | select(.state != "works")'
            """)

    @Flag(help: "Print JSON: whether the machine is healthy, and each probe's name, state, proof and mend.")
    var json = false

    @OptionGroup var host: HostOptions

    func run() async throws {
        try await Session.run(host, purpose: "doctor") { session in
            let doctor = Doctor(host: session.host) { useKVM in
                let clock = ContinuousClock()
                let start = clock.now
                let assembly = try await DiskAssembler(host: session.host).prepare(useKVM: useKVM)
                do {
                    try await assembly.waitUntilUp()
                } catch {
                    await assembly.cancel()
                    throw error
                }
                await assembly.cancel()
                let seconds = Int((clock.now - start).components.seconds)
                return "its appliance was launched \(useKVM ? "with KVM" : "emulated") and was up after \(seconds) s"
            }
            let results = try await session.host.progress.step("doctor", "look at this machine") {
                try await doctor.examine()
            }
            session.display.finish()
            print(json ? results.json : results.text, terminator: "")
            if !results.isHealthy { throw RunEnded(exitCode: .unavailable) }
        }
    }
}
