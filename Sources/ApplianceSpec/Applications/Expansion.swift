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
    var kernelArguments: [String] = []
    var checks: [Check] = []
    var ports: [Int] = []
    var python: PythonEnvironment?
}

extension SpecDecoder {
    /// What `application:` says; nil where there is none or it is not whole.
    mutating func application() -> Application? {
        guard let application = root["application"] else { return nil }
        if let wsgi = application["wsgi"] { return wsgiApplication(wsgi).map { .wsgi($0) } }
        return nil
    }

    /// Merges what the application's kind expands to.
    mutating func expand(_ appliance: inout Appliance) {
        guard let application = appliance.application else { return }
        let range = root["application"]?.firstRange
        let expansion: Expansion
        switch application {
        case .wsgi(let wsgi):
            let requirements = self.requirements(root["application"]?["wsgi"]?["requirements"])
            expansion = WSGIExpansion(appliance: appliance, application: wsgi, requirements: requirements).expansion
        }
        let asked = Set(appliance.packages.install.map { Self.packageName($0.value) })
        let added = expansion.packages.filter { !asked.contains($0) }
        for removal in appliance.packages.remove where expansion.packages.contains(Self.packageName(removal.value)) {
            fail(
                "conflicting-packages", "'\(removal.value)' is removed, and the application needs it", removal.range,
                notes: [.init("the application is here", at: range)])
        }
        appliance.packages.install = added.map { Located($0, at: range) } + appliance.packages.install
        for user in appliance.users where expansion.users.contains(where: { $0.name.value == user.name.value }) {
            fail(
                "duplicate-user", "the application has a user '\(user.name.value)' of its own", user.name.range)
        }
        appliance.users = expansion.users + appliance.users
        let own = Set(appliance.files.map(\.path.value))
        appliance.files = expansion.files.filter { !own.contains($0.path.value) } + appliance.files
        appliance.services.enable = expansion.enable.map { Located($0) } + appliance.services.enable
        appliance.checks += expansion.checks
        appliance.ports = expansion.ports.filter { !appliance.ports.contains($0) } + appliance.ports
        appliance.python = expansion.python
    }
}
