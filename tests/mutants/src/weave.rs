//! Which conditions does a source have, and how are all their mutants woven into one text?
//!
//! A mutant is a number. Woven code asks `crate::mutant::on(number)` at each place, so that everything is compiled
//! once and a mutant is chosen when the tests start.

use quote::quote;

use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{BinOp, Block, Expr, ExprBinary, Stmt, UnOp, parse_quote};

use crate::arms::Matches;
use crate::conditions::others;

/// One changed condition.
pub struct Mutant {
    pub number: u32,
    pub file: String,
    pub line: usize,
    pub column: usize,
    /// What is changed: `== becomes !=`.
    pub change: String,
    /// The line of the source, without what surrounds it.
    pub text: String,
}

/// Weaves one file after the other, and numbers on.
#[derive(Default)]
pub struct Weaver {
    pub mutants: Vec<Mutant>,
    file: String,
    lines: Vec<String>,
}

/// Methods whose closure answers yes or no.
const ASKING: [&str; 13] = [
    "all",
    "any",
    "filter",
    "find",
    "is_none_or",
    "is_some_and",
    "is_ok_and",
    "position",
    "partition",
    "retain",
    "skip_while",
    "take_while",
    "take_if",
];

/// Methods that ask the same of all as of any, or of nothing as of something.
const SWAPS: [(&str, &str); 6] = [
    ("all", "any"),
    ("any", "all"),
    ("is_none_or", "is_some_and"),
    ("is_some_and", "is_none_or"),
    ("max", "min"),
    ("min", "max"),
];

impl Weaver {
    /// The woven text of a file, or why it could not be read.
    pub fn weave(&mut self, name: &str, text: &str) -> Result<String, String> {
        let mut file = syn::parse_file(text).map_err(|why| format!("{name}: {why}"))?;
        name.clone_into(&mut self.file);
        self.lines = text.lines().map(|line| line.trim().to_owned()).collect();
        self.visit_file_mut(&mut file);
        Ok(quote!(#file).to_string())
    }

    pub(super) fn mutant(&mut self, at: &impl Spanned, change: impl Into<String>) -> u32 {
        let start = at.span().start();
        let number = u32::try_from(self.mutants.len()).unwrap_or(u32::MAX) + 1;
        self.mutants.push(Mutant {
            number,
            file: self.file.clone(),
            line: start.line,
            column: start.column + 1,
            change: change.into(),
            text: self.lines.get(start.line - 1).cloned().unwrap_or_default(),
        });
        number
    }

    /// The parts of an expression that is no condition itself.
    pub(super) fn inside(&mut self, expr: &mut Expr) {
        if let Expr::Macro(call) = expr
            && call.mac.path.is_ident("matches")
            && let Ok(matches) = call.mac.parse_body::<Matches>()
        {
            *expr = self.matched(matches);
            return;
        }
        let swap = match expr {
            Expr::MethodCall(call) => SWAPS
                .iter()
                .find(|(one, _)| call.method == one)
                .map(|swap| (swap, call.method.clone())),
            _ => None,
        };
        let swap = swap
            .map(|((one, other), at)| (self.mutant(&at, format!("{one} becomes {other}")), *other));
        visit_mut::visit_expr_mut(self, expr);
        if let (Some((n, other)), Expr::MethodCall(call)) = (swap, &*expr) {
            let mut swapped = call.clone();
            swapped.method = syn::Ident::new(other, call.method.span());
            *expr = parse_quote!((if crate::mutant::on(#n) { #swapped } else { #call }));
        }
    }
}

impl VisitMut for Weaver {
    fn visit_expr_match_mut(&mut self, node: &mut syn::ExprMatch) {
        self.arms(node);
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Binary(ExprBinary { op, .. })
                if matches!(op, BinOp::And(_) | BinOp::Or(_)) || others(op).is_some() =>
            {
                self.condition(expr);
            }
            Expr::Unary(unary) if matches!(unary.op, UnOp::Not(_)) => self.condition(expr),
            Expr::Macro(call) if call.mac.path.is_ident("matches") => self.condition(expr),
            _ => self.inside(expr),
        }
    }

    fn visit_expr_if_mut(&mut self, node: &mut syn::ExprIf) {
        self.condition(&mut node.cond);
        self.visit_block_mut(&mut node.then_branch);
        if let Some((_, other)) = &mut node.else_branch {
            self.visit_expr_mut(other);
        }
    }

    fn visit_expr_while_mut(&mut self, node: &mut syn::ExprWhile) {
        self.condition(&mut node.cond);
        self.visit_block_mut(&mut node.body);
    }

    fn visit_expr_method_call_mut(&mut self, node: &mut syn::ExprMethodCall) {
        let asking = ASKING.iter().any(|name| node.method == name);
        let then = node.method == "then_some"
            || node.method == "then"
                && matches!(node.args.first(), Some(Expr::Closure(_) | Expr::Path(_)));
        if then {
            self.condition(&mut node.receiver);
        } else {
            self.visit_expr_mut(&mut node.receiver);
        }
        for arg in &mut node.args {
            match arg {
                Expr::Closure(closure) if asking => match &mut *closure.body {
                    Expr::Block(block) => self.answering(&mut block.block),
                    body => self.condition(body),
                },
                arg => self.visit_expr_mut(arg),
            }
        }
    }

    fn visit_block_mut(&mut self, block: &mut Block) {
        let mut woven = Vec::new();
        for mut stmt in std::mem::take(&mut block.stmts) {
            // `let … else` that never matches: its way out is taken before.
            if let Stmt::Local(local) = &mut stmt
                && let Some(init) = &mut local.init
                && let Some((_, otherwise)) = &init.diverge
            {
                let out = otherwise.clone();
                let n = self.mutant(local, "`let else` never matches");
                woven.push(parse_quote!(if crate::mutant::on(#n) #out));
            }
            self.visit_stmt_mut(&mut stmt);
            woven.push(stmt);
        }
        block.stmts = woven;
    }

    fn visit_item_fn_mut(&mut self, node: &mut syn::ItemFn) {
        self.function(&mut node.sig, &mut node.block);
    }

    fn visit_impl_item_fn_mut(&mut self, node: &mut syn::ImplItemFn) {
        self.function(&mut node.sig, &mut node.block);
    }

    fn visit_item_const_mut(&mut self, _: &mut syn::ItemConst) {}
    fn visit_item_static_mut(&mut self, _: &mut syn::ItemStatic) {}
    fn visit_impl_item_const_mut(&mut self, _: &mut syn::ImplItemConst) {}

    fn visit_item_mod_mut(&mut self, node: &mut syn::ItemMod) {
        let tests = node
            .attrs
            .iter()
            .any(|attr| quote!(#attr).to_string().contains("test"));
        if !tests {
            visit_mut::visit_item_mod_mut(self, node);
        }
    }
}

impl Weaver {
    fn function(&mut self, sig: &mut syn::Signature, block: &mut Block) {
        let before = self.mutants.len();
        let answers = matches!(&sig.output, syn::ReturnType::Type(_, of) if quote!(#of).to_string() == "bool");
        if answers {
            self.answering(block);
        } else {
            self.visit_block_mut(block);
        }
        if self.mutants.len() > before {
            // Asking for a mutant's number is not constant; only functions without conditions make constants here.
            sig.constness = None;
        }
    }

    /// A block whose last expression answers yes or no.
    fn answering(&mut self, block: &mut Block) {
        let last = match block.stmts.last() {
            Some(Stmt::Expr(_, None)) => block.stmts.pop(),
            _ => None,
        };
        self.visit_block_mut(block);
        if let Some(Stmt::Expr(mut expr, none)) = last {
            self.condition(&mut expr);
            block.stmts.push(Stmt::Expr(expr, none));
        }
    }
}
