import CSolv

/// A number that libsolv gives to a string, a relation or a package.
typealias PackageID = Id

/// libsolv's `Queue`: a growing array of ids that C functions fill.
struct IDQueue: ~Copyable {
    private var queue = Queue()

    init() { queue_init(&queue) }

    deinit {
        var queue = queue
        queue_free(&queue)
    }

    var ids: [Id] { Array(UnsafeBufferPointer(start: queue.elements, count: Int(queue.count))) }

    mutating func push(_ ids: Id...) {
        for id in ids { queue_push(&queue, id) }
    }

    mutating func empty() { queue_empty(&queue) }

    mutating func withQueue<Value>(_ body: (UnsafeMutablePointer<Queue>) -> Value) -> Value {
        body(&queue)
    }
}
