/// One stretch of a run's time: the run itself, an appliance's build, a step, a part of one, a command.
package struct Span: Sendable, Codable, Equatable {
    package enum Kind: String, Sendable, Codable {
        /// A build as a whole, and one appliance's part in it.
        case run, appliance
        /// A step of the plan.
        case step
        /// What the code names within a step.
        case part
        /// A program that ran, in the sandbox or on the host.
        case command
        /// One of many within a command: a package that dpkg configured.
        case item
        /// Time in which nothing could be done but wait for somebody else.
        case wait
    }

    package enum Outcome: String, Sendable, Codable {
        case done, cached, failed
        /// It had not ended when the recording did.
        case open
    }

    /// Its place in the recording, from 0 on.
    package var id: Int
    /// The span within which it ran; nil for the run.
    package var parent: Int?
    package var kind: Kind
    package var title: String
    /// A step's id: `configuration`.
    package var step: String?
    /// A step's digest, by which others name it in `needs`.
    package var key: String?
    /// Digests among which are those of the steps that have to be done before.
    package var needs: [String]?
    /// What a wait ended with: the span that held the lock, or the one whose result was awaited.
    package var blocker: Int?
    /// Seconds since the recording began, on a steady clock.
    package var start: Double
    package var end: Double
    package var outcome: Outcome
    /// Seconds of processor time of its own: of its command and of its threads, without those of the spans in it.
    package var cpu: Double
    /// Bytes: the most that its own commands occupied together.
    package var memory: Int64

    package var seconds: Double { end - start }

    package init(
        id: Int, parent: Int?, kind: Kind, title: String, step: String? = nil, key: String? = nil,
        needs: [String]? = nil, blocker: Int? = nil, start: Double, end: Double, outcome: Outcome = .done,
        cpu: Double = 0, memory: Int64 = 0
    ) {
        self.id = id
        self.parent = parent
        self.kind = kind
        self.title = title
        self.step = step
        self.key = key
        self.needs = needs
        self.blocker = blocker
        self.start = start
        self.end = end
        self.outcome = outcome
        self.cpu = cpu
        self.memory = memory
    }
}

/// What the machine did at one moment of a recording, since the moment before.
package struct LoadSample: Sendable, Codable, Equatable {
    /// Seconds since the recording began.
    package var time: Double
    /// Processors that this build kept busy, its commands included.
    package var busy: Double
    /// Processors that everything on the machine kept busy; nil where the kernel does not tell.
    package var machine: Double?
    /// Bytes that Stonebake and its commands occupied, without virtual machines. Pages that processes share count in
    /// each.
    package var memory: Int64
    /// Bytes that virtual machines (libguestfs' QEMU) occupied.
    package var guestMemory: Int64

    package init(time: Double, busy: Double, machine: Double?, memory: Int64, guestMemory: Int64) {
        self.time = time
        self.busy = busy
        self.machine = machine
        self.memory = memory
        self.guestMemory = guestMemory
    }
}

/// All that a recording has, at its end or in between.
package struct Recording: Sendable, Codable, Equatable {
    /// In the order in which they began.
    package var spans: [Span]
    package var load: [LoadSample]
    /// Processors that the build could use.
    package var cpus: Int

    package init(spans: [Span], load: [LoadSample], cpus: Int) {
        self.spans = spans
        self.load = load
        self.cpus = cpus
    }
}
