import Faultline

extension RunReport {
    /// A refusal, taken apart.
    public struct RefusalEntry: Encodable, Sendable {
        /// The errno or the signal, such as `ENOMEM`; `brk` where the old end of the heap was returned; empty where two VMAs
        /// stay two.
        public let answer: String
        /// The rule's stable name, such as `commit_limit`.
        public let rule: String
        /// The sentence.
        public let text: String
        /// The figures that stand in the sentence, in its order.
        public let fields: [FieldEntry]
        /// The call went on all the same; nil where it did not.
        public let isPassedOver: Bool?

        init(_ refusal: Refusal) {
            answer = refusal.answer.name
            rule = refusal.rule.id
            text = refusal.rule.text
            fields = refusal.rule.fields.map(FieldEntry.init)
            isPassedOver = refusal.isPassedOver ? true : nil
        }
    }

    /// One figure.
    public struct FieldEntry: Encodable, Sendable {
        /// Such as `limit`.
        public let name: String
        /// As the sentence shows it.
        public let text: String
        /// `bytes`, `address`, `addresses`, `bits` or `count`, of an event also `frame`, `page` or `process`; nil for a name.
        public let unit: String?
        /// The number in its unit; nil for a name and a range of addresses.
        public let number: UInt64?

        init(_ field: Event.Field, processName: (Int) -> String) {
            name = field.name
            text = field.text(processName: processName)
            unit = field.unit.rawValue
            number = field.value
        }

        init(_ field: Refusal.Field) {
            name = field.name
            text = field.value.text
            unit = field.value.unit
            number = field.value.number
        }
    }
}
