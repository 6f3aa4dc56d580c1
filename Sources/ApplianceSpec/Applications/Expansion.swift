import Diagnostics

/// What an application kind adds to an appliance. It is merged before what the spec says itself, so that the spec has
/// the last word about a file or a unit.
struct Expansion: Sendable {
    var packages: [String] = []
    var removals: [String] = []
    var users: [UserEntry] = []
    var files: [FileEntry] = []
    var enable: [String] = []
    var mask: [String] = []
    /// Run in the image while it is built, when its files lie there, before the spec's own.
    var scripts: [ScriptEntry] = []
    var kernelArguments: [String] = []
    var checks: [Check] = []
    /// TCP ports that it listens on for others: checks may ask them, and a firewall lets them in.
    var ports: [Int] = []
    var python: PythonEnvironment?
    /// What a deployer gives; one that the spec itself declares takes the place of the kind's of the same name.
    var parameters: [Parameter] = []
    /// How their values reach the application, and which units wait for them.
    var firstBoot = FirstBootWork()
}

extension SpecDecoder {
    /// Merges what the application's kind expands to.
    mutating func expand(_ appliance: inout Appliance, by kind: some ApplicationKind) {
        let range = root["application"]?.firstRange
        let expansion = kind.expansion(of: appliance)
        let asked = Set(appliance.packages.install.map { Self.packageName($0.value) })
        let added = expansion.packages.filter { !asked.contains($0) }
        for removal in appliance.packages.remove where expansion.packages.contains(Self.packageName(removal.value)) {
            fail(
                "conflicting-packages", "'\(removal.value)' is removed, and the application needs it", removal.range,
                notes: [.init("the application is here", at: range)])
        }
        appliance.packages.install = added.map { Located($0, at: range) } + appliance.packages.install
        appliance.packages.remove += expansion.removals.map { Located($0) }
        for user in appliance.users where expansion.users.contains(where: { $0.name.value == user.name.value }) {
            fail(
                "duplicate-user", "the application has a user '\(user.name.value)' of its own", user.name.range)
        }
        appliance.users = expansion.users + appliance.users
        let own = Set(appliance.files.map(\.path.value))
        appliance.files = expansion.files.filter { !own.contains($0.path.value) } + appliance.files
        appliance.services.enable = expansion.enable.map { Located($0) } + appliance.services.enable
        appliance.services.mask = expansion.mask.map { Located($0) } + appliance.services.mask
        appliance.scripts = expansion.scripts + appliance.scripts
        appliance.system.kernelArguments = expansion.kernelArguments + appliance.system.kernelArguments
        appliance.checks += expansion.checks
        appliance.application?.ports = expansion.ports
        appliance.ports = expansion.ports.filter { !appliance.ports.contains($0) } + appliance.ports
        appliance.python = expansion.python
        let declared = Set(appliance.parameters.map(\.name.value))
        appliance.parameters = expansion.parameters.filter { !declared.contains($0.name.value) } + appliance.parameters
        appliance.firstBoot.work = expansion.firstBoot + appliance.firstBoot.work
    }
}
