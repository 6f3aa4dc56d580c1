import ArgumentParser
import Diagnostics

struct Stonebake: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stonebake",
        abstract: "Build virtual appliances: from a declarative spec to an image that boots and answers.",
        discussion: """
            A spec names a distribution, packages and an application. Stonebake resolves the packages, writes them \
            down in appliance.lock, assembles a disk, and boots it to prove that it works.

            EXAMPLES
              stonebake build Appliances/wsgi/appliance.yaml
              stonebake test Appliances/wsgi/appliance.yaml

            EXIT STATUS
              0   done
              1   the input is wrong, or a check failed
              2   the call is wrong
              69  a mirror, a tool or a permission is missing
              70  a defect of Stonebake
              75  worth trying again

            A run ended by a signal ends by that signal, after it has cleaned up.

            ENVIRONMENT
              STONEBAKE_CACHE  the content store (otherwise $XDG_CACHE_HOME/stonebake or ~/.cache/stonebake)
              NO_COLOR         no colours
            """,
        version: stonebakeVersion,
        subcommands: [
            InitCommand.self, ValidateCommand.self, PlanCommand.self, LockCommand.self, BuildCommand.self,
            TestCommand.self,
            RunCommand.self, KickstartCommand.self, LintCommand.self, DeployHelpCommand.self, DiffCommand.self,
            MirrorCommand.self, DoctorCommand.self,
            CacheCommand.self, CatalogueCommand.self,
            SchemaCommand.self,
        ])
}
