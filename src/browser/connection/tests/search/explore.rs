//! Breadth-first search over all worlds, then backward reachability: which of them lead, without a further fault, to one that is well.

use super::{
    happening::Happening,
    machine::Machine,
    numbers::Numbers,
    world::{Bounds, Event, World},
};
use std::fmt;

pub struct Report {
    states: usize,
    steps: usize,
    well: usize,
    of_one_tab: (usize, usize),
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Self { states, steps, well, of_one_tab: (tab_states, tab_steps) } = self;
        write!(f, "{states} states ({well} of them well) and {steps} steps explored; one tab: {tab_states} states, {tab_steps} steps")
    }
}

struct Search {
    bounds: Bounds,
    machine: Machine,
    numbers: Numbers,
    worlds: Vec<World>,
    /// From which world, by which event each was found first.
    found_by: Vec<(u32, Event)>,
}

/// Panics with the events that lead to a world in which something does not hold.
pub fn explore(bounds: Bounds) -> Report {
    let mut search = Search { bounds, machine: Machine::new(bounds.log), numbers: Numbers::new(), worlds: vec![], found_by: vec![] };
    search.number(World::start(), 0, Event::Appended);
    // The benign steps, by where they lead to.
    let mut benign: Vec<(u32, u32)> = vec![];
    let (mut steps, mut found) = (0, vec![]);
    let mut next = 0;
    while next < search.worlds.len() {
        let (number, world) = (next as u32, search.worlds[next]);
        if let Err((event, error)) = world.next(&bounds, &mut search.machine, &mut found) {
            search.fail(number, Some(event), &error);
        }
        steps += found.len();
        for (event, after) in found.drain(..) {
            let to = search.number(after, number, event);
            if event.is_benign() && to != number {
                benign.push((to, number));
            }
        }
        next += 1;
    }
    let well = search.expect_all_recover(benign);
    Report { states: search.worlds.len(), steps, well, of_one_tab: search.machine.size() }
}

impl Search {
    /// The number of a world, which is checked when it is found first.
    fn number(&mut self, world: World, from: u32, event: Event) -> u32 {
        let next = self.worlds.len() as u32;
        let number = self.numbers.of(world.key(), next);
        if number == next {
            self.worlds.push(world);
            self.found_by.push((from, event));
            if let Err(error) = world.check(&self.machine) {
                self.fail(number, None, &error);
            }
        }
        number
    }

    /// Goes the benign steps backward from all worlds that are well. Returns how many those are.
    fn expect_all_recover(&self, mut benign: Vec<(u32, u32)>) -> usize {
        benign.sort_unstable();
        let mut starts = vec![0_u32; self.worlds.len() + 1];
        benign.iter().for_each(|(to, _)| starts[*to as usize + 1] += 1);
        (1..starts.len()).for_each(|number| starts[number] += starts[number - 1]);
        let mut recovers: Vec<bool> = self.worlds.iter().map(|world| world.is_well(&self.machine)).collect();
        let mut queue: Vec<u32> = (0..self.worlds.len() as u32).filter(|number| recovers[*number as usize]).collect();
        let well = queue.len();
        while let Some(number) = queue.pop() {
            for (_, from) in &benign[starts[number as usize] as usize..starts[number as usize + 1] as usize] {
                if !std::mem::replace(&mut recovers[*from as usize], true) {
                    queue.push(*from);
                }
            }
        }
        if let Some(lost) = recovers.iter().position(|recovers| !recovers) {
            let many = recovers.iter().filter(|recovers| !**recovers).count();
            self.fail(lost as u32, None, &format!("{many} of {} states never recover, such as this one", self.worlds.len()));
        }
        well
    }

    /// The events that lead to a world, and the world.
    fn fail(&self, number: u32, event: Option<Event>, error: &str) -> ! {
        let (mut path, mut at) = (vec![], number);
        path.extend(event);
        while at != 0 {
            let (from, event) = self.found_by[at as usize];
            path.push(event);
            at = from;
        }
        let path: Vec<_> = path.iter().rev().map(|event| format!("  {}", self.describe(event))).collect();
        let world = &self.worlds[number as usize];
        let tabs: Vec<_> =
            world.tabs[..self.bounds.tabs].iter().map(|(tab, lock)| format!("  {lock:?} {:?}", self.machine.state(*tab))).collect();
        panic!("{error}\nafter\n{}\nof {} states, tabs\n{}\nlog {}", path.join("\n"), self.worlds.len(), tabs.join("\n"), world.len);
    }

    fn describe(&self, event: &Event) -> String {
        match event {
            Event::Tab(tab, Happening::Heard(message)) => format!("tab {tab} hears {:?}", self.machine.message(*message)),
            Event::Lost(message) => format!("lost: {:?}", self.machine.message(*message)),
            event => format!("{event:?}"),
        }
    }
}
