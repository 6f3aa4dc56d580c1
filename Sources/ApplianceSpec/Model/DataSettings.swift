package import Diagnostics

/// Where the application's state lies, so that a new version of the image can be put under it: on a disk of its own, or a
/// partition.
package struct DataSettings: Sendable {
    package enum Place: String, Sendable, CaseIterable { case disk, partition }

    package var place: Place
    package var size: ByteSize
    /// Folders of the image that are bound to it. The kind's and the spec's; none lies in another.
    package var folders: [Located<String>]
    package var range: SourceRange?

    /// By which it is found again, whatever version of the image made it.
    package static let label = "stonebake-data"
    /// The disk's name; images and deployers call it so.
    package static let diskName = "data"

    package var mount: String { "/data" }
    package var mountUnit: String { "data.mount" }
    /// What stonebake-firstboot remembers: passwords that lie in the data must survive with them.
    package static let values = "/var/lib/stonebake/values"
}

/// A recipe that is applied at boot, by a program that the image brings.
package enum Recipe: Sendable {
    /// `puppet apply`, without a master.
    case puppet(PuppetRecipe)
}

package struct PuppetRecipe: Sendable {
    /// Absolute path of the manifest.
    package var manifest: Located<String>
    /// Absolute path of a folder of modules.
    package var modules: Located<String>?
    package var frequency: FirstBootWork.Script.Frequency
}
