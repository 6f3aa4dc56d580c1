import ApplianceSpec
import BuildPlanning
import Diagnostics
import SandboxInside

/// `/var/lib/apt/extended_states`: which packages nobody asked for, so that `apt-get autoremove` in the running system
/// knows what has become needless, and what has not.
struct ExtendedStates {
    let appliance: Appliance
    let lock: Lockfile

    var file: PlacedEntry {
        let request = appliance.resolutionRequest()
        let asked = Set(
            ((request?.base ?? []) + appliance.packages.install.map(\.value)).map { request in
                String(request.prefix { $0 != "=" && $0 != "/" && $0 != ":" })
            })
        let native = appliance.architecture.rawValue
        let stanzas = lock.packages.filter { !asked.contains($0.name) }.map { package in
            let architecture = package.architecture == "all" ? native : package.architecture
            return "Package: \(package.name)\nArchitecture: \(architecture)\nAuto-Installed: 1\n\n"
        }
        return PlacedEntry(path: "/var/lib/apt/extended_states", content: .text(stanzas.joined()))
    }
}
