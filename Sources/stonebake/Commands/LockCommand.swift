import ApplianceSpec
import ArgumentParser
import BuildPlanning
import Diagnostics
import HostSystem
import PackageResolution
import ProgressDisplay

struct LockCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lock",
        abstract: "Resolve a spec and write down exactly what it is made from.",
        discussion: """
            Writes appliance.lock beside the spec. What an existing lock says stays, unless --update names it or the \
            spec no longer allows it.

            EXAMPLE
              stonebake lock Appliances/wsgi/appliance.yaml
              stonebake lock Appliances/wsgi/appliance.yaml --update nginx-light openssl
            """)

    @OptionGroup var spec: SpecOptions
    @OptionGroup var host: HostOptions

    @Flag(help: "Move to the newest versions: of the packages and wheels named after the spec, or of everything.")
    var update = false

    @Argument(help: "What --update moves; everything when none is named.")
    var packages: [String] = []

    func validate() throws {
        guard update || packages.isEmpty else {
            throw ValidationError("'\(packages[0])': package names go with --update")
        }
    }

    func run() async throws {
        let loaded = try LoadedSpec(spec)
        try await Session.run(host, purpose: "lock-\(loaded.appliance.name.value)") { session in
            let previous = try loaded.readLock()
            let policy: UpdatePolicy = !update ? .keep : packages.isEmpty ? .all : .named(packages)
            let locking = Locking(host: session.host)
            let lock = try await locking.resolve(loaded, previous: previous, update: policy)
            try locking.write(lock, to: loaded.lockPath)
            session.display.finish()
            print(LockSummary(previous: previous, current: lock).text(path: loaded.lockPath))
        }
    }
}
