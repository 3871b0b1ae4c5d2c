mod given;
mod legality;
mod properties;
mod regressions;
mod replay;
mod terms;
