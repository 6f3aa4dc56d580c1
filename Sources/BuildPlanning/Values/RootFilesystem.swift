package import TreeMeasures

/// The finished tree: layers that a namespace shows as one, and what making a disk of it depends on.
package struct RootFilesystem: Sendable {
    /// Folders that make it up, the lowest first, as an overlay's: absolute paths in the content store.
    package var layers: [String]
    /// How many of the lowest are the base system's, which other appliances have too.
    package var baseLayers: Int
    package var measure: TreeMeasure
    /// A folder that holds the tree's `BootAssets`, by the same paths.
    package var assets: String
    /// How it differs from a tree that was made before, when that is little.
    package var changes: TreeChanges?

    /// The release string of the newest kernel in /boot: `6.12.57+deb13-cloud-amd64`.
    package var kernel: String { measure.kernel }

    package init(
        layers: [String], baseLayers: Int = 1, measure: TreeMeasure, assets: String, changes: TreeChanges? = nil
    ) {
        self.layers = layers
        self.baseLayers = baseLayers
        self.measure = measure
        self.assets = assets
        self.changes = changes
    }
}
