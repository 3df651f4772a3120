//! Does each `[[test]]` of a mapping file say what is tried, and what must come of it?

use super::compile::Desk;
use super::language::File;

impl Desk<'_> {
    pub(super) fn tests(&mut self, file: &File) {
        for (index, test) in file.test.iter().enumerate() {
            let at = format!("test[{index}].kind");
            let known = match test.kind.as_str() {
                "feed" => true,
                "sweep" => file.sweep.is_some(),
                "step" => file.step.is_some(),
                "tasks" => file.tasks.is_some(),
                "callback" => file.callback.is_some(),
                "callout" => file.callout.is_some(),
                "merges" => file.merges.is_some(),
                "batch" => file.batch.is_some(),
                kind => match kind.split_once('.') {
                    Some(("write", name)) => file.write.contains_key(name),
                    Some(("lookups", name)) => file.client.lookups.contains_key(name),
                    _ => false,
                },
            };
            if !known {
                let message = format!("the mapping has no `[{}]` to test", test.kind);
                self.fault(&at, &message, None);
            }
            let says = test.refused || test.shown.is_some() || test.writes.is_some();
            let says = says || test.to.is_some() || !test.sends.is_empty();
            if test.kind.starts_with("write.") && !says {
                let message = "a test of a write says what is `shown`, what it `writes` or `sends`, or that it is `refused`";
                self.fault(&at, message, None);
            }
            let says = says || test.good.is_some() || !test.values.is_empty();
            if test.kind == "batch" && !says {
                let message = "a test of a batch says what it `writes` or `sends`, how many items are `good`, some of the \
                               `values`, or that it is `refused`";
                self.fault(&at, message, None);
            }
            if !(1..=100).contains(&test.effects) {
                let message = "`effects` must be from 1 to 100";
                self.fault(&format!("test[{index}].effects"), message, None);
            }
        }
    }
}
