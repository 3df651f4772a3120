//! Who gave which grade to what, when there may be more than two people and gaps?

/// Items, each with how often each grade was given to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Units {
    grades: usize,
    items: Vec<Vec<u64>>,
}

impl Units {
    /// No items yet, for grades `0..grades`, lowest first.
    pub fn new(grades: usize) -> Self {
        Self {
            grades,
            items: Vec::new(),
        }
    }

    /// One more item with the grades that people gave it. One without any grade is no item; a grade that
    /// is none of the scale is not counted.
    pub fn add(&mut self, given: &[usize]) {
        let mut counts = vec![0; self.grades];
        for grade in given {
            if let Some(count) = counts.get_mut(*grade) {
                *count += 1;
            }
        }
        if counts.iter().any(|count| *count > 0) {
            self.items.push(counts);
        }
    }

    /// How many grades the scale has.
    pub fn grades(&self) -> usize {
        self.grades
    }

    /// How often each grade was given to each item.
    pub fn items(&self) -> &[Vec<u64>] {
        &self.items
    }

    /// How many items were graded by two people or more.
    pub fn paired(&self) -> usize {
        let given = |item: &&Vec<u64>| item.iter().sum::<u64>() >= 2;
        self.items.iter().filter(given).count()
    }
}
