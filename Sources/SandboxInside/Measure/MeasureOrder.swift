package import TreeMeasures

/// What `measure` is to do.
package struct MeasureOrder: Codable, Sendable {
    /// The folder that takes copies of those of the paths that are files.
    package var assets: String
    package var paths: [String]
    /// The tree's, the lowest first, without `upper`.
    package var layers: [String]
    /// What the configuration step has written: the tree's highest layer.
    package var upper: String
    package var timestamp: Int64
    /// Takes the contents of what has changed.
    package var changes: String
    package var previous: Previous?

    /// What the last run of the step gave, on the same layers.
    package struct Previous: Codable, Sendable {
        package var upper: String
        package var assets: String
        package var measure: TreeMeasure

        package init(upper: String, assets: String, measure: TreeMeasure) {
            self.upper = upper
            self.assets = assets
            self.measure = measure
        }
    }

    package init(
        assets: String, paths: [String], layers: [String], upper: String, timestamp: Int64, changes: String,
        previous: Previous?
    ) {
        self.assets = assets
        self.paths = paths
        self.layers = layers
        self.upper = upper
        self.timestamp = timestamp
        self.changes = changes
        self.previous = previous
    }
}

/// What it answers on standard output.
package struct MeasureAnswer: Codable, Sendable {
    package var measure: TreeMeasure
    /// How the tree differs from the previous one; nil when that is much, or when there was none.
    package var changes: [TreeChanges.File]?
}
